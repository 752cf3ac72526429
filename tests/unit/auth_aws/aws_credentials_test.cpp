#include "connectors/auth/aws_credentials.h"

#include <gtest/gtest.h>

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kEnd{std::chrono::sys_days{2026y / 12 / 24} + 18h};

void expect_keys(const Result<AwsCredentials>& read, bool with_end = true) {
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->keys.access_key_id, "ASIAEXAMPLE");
  EXPECT_EQ(read->keys.secret_access_key.reveal(), "secret/+=");
  EXPECT_EQ(read->keys.session_token.reveal(), "token==");
  EXPECT_EQ(read->expires, with_end ? std::optional(kEnd) : std::nullopt);
}

std::string fault_of(const Result<AwsCredentials>& read) { return read ? "none" : read.error().message; }

TEST(AwsCredentials, OfTheMetadataServiceAndContainers) {
  expect_keys(read_metadata_reply(
      R"({"Code":"Success","LastUpdated":"x","Type":"AWS-HMAC","AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"secret\/+=",
          "Token":"token==","Expiration":"2026-12-24T18:00:00Z"})"));
  const auto failed = read_metadata_reply(R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot\nassume"})");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::refused);
  EXPECT_EQ(failed.error().message, "AssumeRoleUnauthorizedAccess: EC2 cannot assume");
}

TEST(AwsCredentials, OfAProgram) {
  constexpr std::string_view kKeys =
      R"("AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"secret/+=","SessionToken":"token==")";
  expect_keys(read_process_output("{\"Version\": 1," + std::string(kKeys) + "}\n"), false);
  EXPECT_EQ(fault_of(read_process_output("{\"Version\": 2," + std::string(kKeys) + "}")),
            "the answer is of no use: its Version is not 1");
}

TEST(AwsCredentials, OfAwsIot) {
  expect_keys(read_iot_reply(
      R"({"credentials":{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"secret/+=","sessionToken":"token==","expiration":"2026-12-24T18:00:00Z"}})"));
  EXPECT_EQ(fault_of(read_iot_reply(R"({"accessKeyId":"A"})")),
            "the answer is of no use: it is not a JSON object with credentials");
}

TEST(AwsCredentials, OfARole) {
  expect_keys(read_sts_reply(R"(<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser>
    <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret/+=</SecretAccessKey>
      <SessionToken>token==</SessionToken><Expiration>2026-12-24T18:00:00Z</Expiration></Credentials>
  </AssumeRoleResult></AssumeRoleResponse>)"));
  EXPECT_EQ(fault_of(read_sts_reply("<html>sign in</html>")), "the answer is of no use: it holds no Credentials");
  EXPECT_EQ(fault_of(read_sts_reply("<Credentials><AccessKeyId>A</AccessKeyId></Credentials>")),
            "the answer is of no use: it has no secret access key");
}

TEST(AwsCredentials, WhatCannotStandInAHeaderIsNoKey) {
  EXPECT_EQ(fault_of(read_metadata_reply(R"({"AccessKeyId":"A\r\nX: y","SecretAccessKey":"s"})")),
            "the answer is of no use: it has a key with more than visible ASCII");
  EXPECT_EQ(fault_of(read_metadata_reply(R"({"SecretAccessKey":"s"})")),
            "the answer is of no use: it has no access key id");
  EXPECT_EQ(fault_of(read_metadata_reply(R"({"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"})")),
            "the answer is of no use: its time of expiration is not a time");
}

TEST(AwsCredentials, NoFaultQuotesASecret) {
  EXPECT_EQ(fault_of(read_metadata_reply(R"({"AccessKeyId":"A","SecretAccessKey":"geheim")")),
            "the answer is of no use: it is not a JSON object");
}

TEST(ProviderRefusal, NamesTheErrorOfEachKindOfAnswer) {
  const auto text = [](long status, std::string_view body) { return provider_refusal(status, body).message; };
  EXPECT_EQ(text(403, R"(<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
    <Message>User: arn:aws:iam::1:user/u is not &quot;allowed&quot;</Message></Error></ErrorResponse>)"),
            R"(HTTP 403: AccessDenied: User: arn:aws:iam::1:user/u is not "allowed")");
  EXPECT_EQ(text(403, R"({"message":"Access Denied"})"), "HTTP 403: Access Denied");
  EXPECT_EQ(text(400, R"({"code":"InvalidId","message":"no role"})"), "HTTP 400: InvalidId: no role");
  EXPECT_EQ(text(502, "<html>"), "HTTP 502");
}

TEST(ProviderRefusal, TellsWhatMayPassFromWhatMustBeMended) {
  const auto code = [](long status, std::string_view body = {}) { return provider_refusal(status, body).code; };
  EXPECT_EQ(code(403), ErrorCode::refused);
  EXPECT_EQ(code(404), ErrorCode::refused);
  EXPECT_EQ(code(429), ErrorCode::unavailable);
  EXPECT_EQ(code(503), ErrorCode::unavailable);
  EXPECT_EQ(code(400, "<Error><Code>Throttling</Code></Error>"), ErrorCode::unavailable);
  EXPECT_EQ(code(400, "<Error><Code>ExpiredTokenException</Code></Error>"), ErrorCode::refused);
}

}  // namespace
}  // namespace tidegate::auth
