// Signatures that AWS publishes in its documentation, and others computed from that text by a program of its own.
#include "connectors/auth/aws_sigv4.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "connectors/auth/limits.h"
#include "tests/unit/auth_aws/allocations.h"

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;

const AwsKeys kKeys{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret()};
const AwsKeys kS3Keys{"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), Secret()};
constexpr WallTime kAugust2015{std::chrono::sys_days{2015y / 8 / 30} + 12h + 36min};
constexpr WallTime kMay2013{std::chrono::sys_days{2013y / 5 / 24}};

SigV4Signer signer_of(std::string region, std::string service) {
  auto signer = SigV4Signer::create(SigV4Scope::of(std::move(region), std::move(service)));
  EXPECT_TRUE(signer);
  return *std::move(signer);
}

std::map<std::string, std::string> signed_with(SigV4Signer& signer, const SigV4Request& request,
                                               const AwsKeys& keys = kKeys, WallTime now = kAugust2015) {
  std::map<std::string, std::string> headers;
  const auto added = signer.sign(request, keys, now);
  EXPECT_TRUE(added) << added.error().message;
  if (!added) return headers;
  for (const auto& [name, value] : *added) headers.emplace(name, value);
  return headers;
}

std::string signature_in(const std::map<std::string, std::string>& headers) {
  const std::string& authorization = headers.at("Authorization");
  return authorization.substr(authorization.rfind('=') + 1);
}

struct Case {
  const char* method;
  const char* target;
  std::vector<HeaderField> headers;
  const char* body;
  const char* signature;
};

void expect_signature(SigV4Signer& signer, const Case& one, const AwsKeys& keys, WallTime now) {
  const SigV4Request request{one.method, one.target, one.headers, {one.body, {}}};
  EXPECT_EQ(signature_in(signed_with(signer, request, keys, now)), one.signature)
      << one.method << ' ' << one.target << '\n'
      << signer.canonical_request();
}

TEST(SigV4, AgreesWithThePublishedSignatureOfAnIamRequest) {
  auto signer = signer_of("us-east-1", "iam");
  const std::vector<HeaderField> headers{{"Host", "iam.amazonaws.com"},
                                         {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  const auto added = signed_with(signer, {"GET", "/?Action=ListUsers&Version=2010-05-08", headers, {}});
  EXPECT_EQ(added.at("Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  EXPECT_EQ(added.at("X-Amz-Date"), "20150830T123600Z");
  EXPECT_EQ(added.size(), 2u);
}

TEST(SigV4, AgreesWithThePublishedSignaturesOfS3Requests) {
  auto signer = signer_of("us-east-1", "s3");
  const HeaderField host{"Host", "examplebucket.s3.amazonaws.com"};
  for (const Case& one : std::vector<Case>{
           {"GET",
            "/test.txt",
            {host, {"Range", "bytes=0-9"}},
            "",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
           {"PUT",
            "/test%24file.text",
            {host, {"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
            "Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
           {"GET", "/?lifecycle", {host}, "", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
           {"GET",
            "/?max-keys=2&prefix=J",
            {host},
            "",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}}) {
    expect_signature(signer, one, kS3Keys, kMay2013);
  }
}

TEST(SigV4, SignsWhatOtherSignersGetWrong) {
  auto signer = signer_of("eu-central-1", "events");
  const HeaderField host{"Host", "events.eu-central-1.amazonaws.com"};
  for (const Case& one : std::vector<Case>{
           {"POST",
            "/?b=2&a=1&a-b=3&B=4",
            {host},
            "",
            "f03e1f6ad9996bd332f2ccd89370689d7894faa06faf5a8ae2490e85d74d3729"},
           {"GET",
            "/?prefix=a/b:c&when=12:00",
            {host},
            "",
            "64f7babaacbc1efb7390dbab7d2124753a3c0dad54c4ceb3b5b7b7ff790bd094"},
           {"GET",
            "/?acl&list-type=2&x=",
            {host},
            "",
            "472f5cce87b10c5350150bc57c988feed15b4879cdf4cea7e86d41b995ada1e6"},
           {"PUT", "/a%2Fb%20c/d+e", {host}, "", "4267ff48c8902b488deac8cf557b2d1ed7bab9daba829e7805931b9dc3650f79"},
           {"POST",
            "/",
            {host, {"X-Tag", "two"}, {"x-tag", "  one   three "}, {"X-Tag", ""}},
            "",
            "da0884acc6b8ec532688e56c485e99d52278a5c76a75f5a8ddda833c771d2432"},
           {"POST",
            "/",
            {host,
             {"X-Amz-Target", "AWSEvents.PutEvents"},
             {"X-Amz-Target-Other", "1"},
             {"X-Amz", "2"},
             {"Content-Type", "application/x-amz-json-1.1"}},
            R"({"Entries":[]})",
            "2e6c862f0c728a5eaa3ffed6a68a5081bfcc3a31aa5040db69fbd8b7ee45c6ee"}}) {
    expect_signature(signer, one, kKeys, kAugust2015);
  }
}

TEST(SigV4, AnS3BodyMayTravelUnsignedAndSaysSo) {
  auto signer = signer_of("us-east-1", "s3");
  const std::vector<HeaderField> headers{{"Host", "examplebucket.s3.amazonaws.com"}};
  const SigV4Request request{"PUT", "/a//b/../c%2fd+e%7e", headers, {{}, SigV4Body::kUnsigned}};
  const auto added = signed_with(signer, request, kS3Keys, kMay2013);
  EXPECT_EQ(added.at("X-Amz-Content-Sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(signature_in(added), "431f03e01bfa9a9e66596d9b71d98acfa22ea4d617754be22cc35dbb7f61a235");
}

TEST(SigV4, AGivenHashStandsForTheBody) {
  auto signer = signer_of("us-east-1", "s3");
  const std::vector<HeaderField> headers{{"Host", "h"}};
  const auto hashed = signed_with(signer, {"PUT", "/k", headers, {"Welcome to Amazon S3.", {}}});
  EXPECT_EQ(hashed.at("X-Amz-Content-Sha256"), "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  const auto given = signed_with(signer, {"PUT", "/k", headers, {{}, hashed.at("X-Amz-Content-Sha256")}});
  EXPECT_EQ(given, hashed);
}

TEST(SigV4, ASessionTokenIsSentAndSigned) {
  auto signer = signer_of("us-east-1", "sqs");
  AwsKeys keys = kKeys;
  keys.session_token = Secret("token");
  const std::vector<HeaderField> headers{{"Host", "h"}};
  const auto added = signed_with(signer, {"POST", "/", headers, {}}, keys);
  EXPECT_EQ(added.at("X-Amz-Security-Token"), "token");
  EXPECT_NE(added.at("Authorization").find("SignedHeaders=host;x-amz-date;x-amz-security-token,"), std::string::npos);
}

TEST(SigV4, ANewSecretTokenOrDayGivesANewSignatureAtOnce) {
  auto signer = signer_of("us-east-1", "sqs");
  const std::vector<HeaderField> headers{{"Host", "h"}};
  const SigV4Request request{"POST", "/", headers, {}};
  const auto first = signature_in(signed_with(signer, request));
  AwsKeys rotated = kKeys;
  rotated.secret_access_key = Secret("another secret");
  const auto second = signature_in(signed_with(signer, request, rotated));
  EXPECT_NE(second, first);
  EXPECT_EQ(signature_in(signed_with(signer, request)), first);
  auto fresh = signer_of("us-east-1", "sqs");
  EXPECT_EQ(signature_in(signed_with(fresh, request, kKeys, kAugust2015 + 24h)),
            signature_in(signed_with(signer, request, kKeys, kAugust2015 + 24h)));
  EXPECT_EQ(signature_in(signed_with(signer, request, rotated)), second);
}

TEST(SigV4, HeadersThatProxiesChangeAreLeftOut) {
  auto signer = signer_of("us-east-1", "sqs");
  const std::vector<HeaderField> plain{{"Host", "h"}};
  const std::vector<HeaderField> more{{"user-agent", "tidegate"}, {"Host", "h"},           {"Connection", "close"},
                                      {"X-Amz-Date", "old"},      {"AUTHORIZATION", "no"}, {"Expect", "100-continue"}};
  EXPECT_EQ(signed_with(signer, {"GET", "/", more, {}}), signed_with(signer, {"GET", "/", plain, {}}));
}

TEST(SigV4, WhatCannotBeSignedIsRefused) {
  auto signer = signer_of("us-east-1", "sqs");
  const auto refusal = [&](const SigV4Request& request) {
    const auto added = signer.sign(request, kKeys, kAugust2015);
    return added ? std::string("signed") : added.error().message;
  };
  EXPECT_EQ(refusal({"GET", "/", {}, {}}), "a request without a Host header cannot be signed");
  const std::vector<HeaderField> host{{"Host", "h"}};
  const std::string longest(limits::kSignedTargetBytesMax, '/');
  EXPECT_EQ(refusal({"GET", longest, host, {}}), "signed");
  EXPECT_EQ(refusal({"GET", longest + "/", host, {}}), "path and query are too long to be signed");
  const std::vector<HeaderField> many(limits::kSignedHeadersMax + 1, HeaderField{"Host", "h"});
  EXPECT_EQ(refusal({"GET", "/", many, {}}), "too many headers to be signed");
}

TEST(SigV4, SteadyStateAllocatesNothing) {
  auto signer = signer_of("eu-central-1", "sqs");
  AwsKeys keys = kKeys;
  keys.session_token = Secret(std::string(400, 't'));
  const std::string body(1024, 'x');
  const std::vector<HeaderField> headers{{"Host", "sqs.eu-central-1.amazonaws.com"},
                                         {"Content-Type", "application/x-amz-json-1.0"},
                                         {"X-Amz-Target", "AmazonSQS.SendMessageBatch"}};
  const SigV4Request request{"POST", "/?b=1&a=2", headers, {body, {}}};
  ASSERT_TRUE(signer.sign(request, keys, kAugust2015));
  const std::size_t before = test::allocations();
  bool ok = true;
  for (int i = 1; i <= 1000; ++i) ok = ok && bool(signer.sign(request, keys, kAugust2015 + i * 100ms));
  EXPECT_EQ(test::allocations() - before, 0u);
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace tidegate::auth
