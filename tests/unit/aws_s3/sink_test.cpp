#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/aws_s3/aws_s3.h"
#include "gateway/config/option_table.h"
#include "gateway/delivery/options.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr SinkKind kS3{aws_s3_sink_options, make_aws_s3_sink};
constexpr std::string_view kKeys =
    "credentials: {type: keys, access_key_id: AKIDEXAMPLE, secret_access_key: the-secret-key}\n";

class AwsS3 : public ::testing::Test {
 protected:
  AwsS3() { service_.answer(200, "", {{"ETag", "\"0\""}}); }
  std::string yaml(const std::string& more = "") {
    return "bucket: archive\nregion: eu-central-1\nendpoint: " + service_.origin() + "\n" + std::string(kKeys) + more;
  }
  Settled send(const std::vector<OutEvent>& events, const std::string& more = "") {
    SinkUnderTest sink(kS3, yaml(more));
    return sink.send(events);
  }

  ScriptedService service_;
};

TEST_F(AwsS3, ABatchIsPutAsASignedObject) {
  EXPECT_EQ(send(numbered_events(2), "format: payload").outcomes.front().fate, Fate::delivered);
  const ReceivedRequest request = service_.last();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_THAT(request.target, MatchesRegex("/archive/readings/2026-01-02/20260102T030405Z-[0-9a-f]{32}\\.ndjson"));
  EXPECT_EQ(request.body, "{\"n\":1}\n{\"n\":2}\n");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-ndjson");
  EXPECT_THAT(request.headers.at("authorization"),
              MatchesRegex("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/[0-9]{8}/eu-central-1/s3/aws4_request, .*"));
  // Of the body: echo -en '{"n":1}\n{"n":2}\n' | sha256sum, and md5sum in base64.
  EXPECT_EQ(request.headers.at("x-amz-content-sha256"),
            "bffaac563f091c61dc28d2f37cd74d0b19be0c45e3b1e32ced6a93eed7725862");
  EXPECT_EQ(request.headers.at("content-md5"), "z701Sm/mBSadWSy83RSQqw==");
}

TEST_F(AwsS3, ARepeatGoesToTheSameObject) {
  SinkUnderTest sink(kS3, yaml("compression: gzip"));
  sink.send(numbered_events(3));
  sink.send(numbered_events(3));
  const auto requests = service_.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].target, requests[1].target);
}

TEST_F(AwsS3, WhatTheConfigAsksForTravelsInHeaders) {
  send(numbered_events(1),
       "storage_class: STANDARD_IA\nexpected_owner: '123456789012'\nchecksum: sha256\n"
       "encryption: {type: kms, kms_key_id: 'arn:aws:kms:eu-central-1:1:key/k', bucket_key: true}");
  const auto headers = service_.last().headers;
  EXPECT_EQ(headers.at("x-amz-storage-class"), "STANDARD_IA");
  EXPECT_EQ(headers.at("x-amz-expected-bucket-owner"), "123456789012");
  EXPECT_EQ(headers.at("x-amz-server-side-encryption"), "aws:kms");
  EXPECT_EQ(headers.at("x-amz-server-side-encryption-aws-kms-key-id"), "arn:aws:kms:eu-central-1:1:key/k");
  EXPECT_EQ(headers.at("x-amz-server-side-encryption-bucket-key-enabled"), "true");
  EXPECT_TRUE(headers.contains("x-amz-checksum-sha256"));
  EXPECT_FALSE(headers.contains("content-md5"));
  EXPECT_THAT(headers.at("authorization"), HasSubstr("x-amz-server-side-encryption"));
}

TEST_F(AwsS3, TheKeyIsEncodedInTheAddress) {
  auto events = numbered_events(1);
  events[0].event.subject = "a b/\xc3\xa9+%";
  send(events, "key: '${subject}'");
  EXPECT_THAT(service_.last().target, StartsWith("/archive/a%20b/%C3%A9%2B%25/20260102T030405Z-"));
}

TEST_F(AwsS3, AnAnswerThatBreaksOffIsUnknown) {
  Answer cut;
  cut.action = Answer::Action::cut;
  cut.body = "<html>";
  cut.headers = {{"ETag", "\"0\""}};
  service_.answer({cut});
  EXPECT_EQ(send(numbered_events(1)).outcomes.front().fate, Fate::unknown);
}

TEST_F(AwsS3, TheRegionOfARedirectIsNamed) {
  service_.answer(301, "", {{"x-amz-bucket-region", "us-west-2"}});
  const Settled settled = send(numbered_events(1));
  EXPECT_EQ(settled.cause, Cause::peer_down);
  EXPECT_THAT(settled.outcomes.front().reason, HasSubstr("bucket archive is in the region us-west-2"));
}

TEST_F(AwsS3, AConnectionIsTriedByAnUploadThatDoesNotExist) {
  SinkUnderTest sink(kS3, yaml());
  service_.answer(404, "<Error><Code>NoSuchUpload</Code></Error>");
  EXPECT_EQ(sink.connect(), "");
  const ReceivedRequest request = service_.last();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/archive/tidegate-check?uploadId=tidegate-check");
  service_.answer(404, "<Error><Code>NoSuchBucket</Code></Error>");
  EXPECT_THAT(sink.connect(), HasSubstr("make the bucket"));
  service_.answer(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
  EXPECT_THAT(sink.connect(), HasSubstr("SignatureDoesNotMatch"));
}

std::string address(const std::string& yaml) {
  auto options = parse_text(*aws_s3_sink_options(), yaml);
  EXPECT_TRUE(options) << options.error().message;
  ConnectorContext context;
  context.route = "r";
  const auto preview = preview_aws_s3(context, *options, numbered_events(1).front());
  EXPECT_TRUE(preview) << preview.error().message;
  return preview->to.substr(0, preview->to.find("/r/"));
}

TEST(AwsS3Address, TheBucketStandsInTheHostAtAwsAndInThePathElsewhere) {
  EXPECT_EQ(address("bucket: archive\nregion: eu-central-1"), "PUT https://archive.s3.eu-central-1.amazonaws.com");
  EXPECT_EQ(address("bucket: archive.eu\nregion: eu-central-1"),
            "PUT https://s3.eu-central-1.amazonaws.com/archive.eu");
  EXPECT_EQ(address("bucket: archive\nregion: us-east-1\nendpoint: https://minio:9000/"),
            "PUT https://minio:9000/archive");
  EXPECT_EQ(address("bucket: archive\nregion: us-east-1\nendpoint: https://minio:9000\naddressing: virtual_host"),
            "PUT https://archive.minio:9000");
  EXPECT_EQ(address("bucket: archive\nregion: eu-central-1\naddressing: path"),
            "PUT https://s3.eu-central-1.amazonaws.com/archive");
}

TEST(AwsS3Options, WrongOnesAreNamed) {
  const std::string good = "bucket: archive\nregion: eu-central-1\n";
  EXPECT_EQ(fault_of(kS3, good), "");
  EXPECT_THAT(fault_of(kS3, "bucket: s3://archive\nregion: eu-central-1"), HasSubstr("is no name of a bucket"));
  EXPECT_THAT(fault_of(kS3, good + "endpoint: https://h/bucket"), HasSubstr("must end with the host"));
  EXPECT_THAT(fault_of(kS3, good + "encryption: {kms_key_id: x}"), HasSubstr("needs type kms"));
  EXPECT_THAT(fault_of(kS3, good + "expected_owner: me"), HasSubstr("no account id"));
  EXPECT_THAT(fault_of(kS3, good + "format: csv"), HasSubstr("csv.columns"));
  EXPECT_THAT(fault_of(kS3, "bucket: a.b.c\nregion: eu-central-1\naddressing: virtual_host"), HasSubstr("use path"));
}

TEST(AwsS3Options, DeliveryMakesLargeObjectsUnlessToldOtherwise) {
  DeliveryOptions delivery;
  aws_s3_delivery_defaults(delivery);
  EXPECT_EQ(delivery.batch.max_events, 1'000'000u);
  EXPECT_EQ(delivery.batch.max_bytes, 64u << 20);
  EXPECT_EQ(delivery.batch.max_wait, std::chrono::seconds{60});
  EXPECT_EQ(delivery.in_flight, 2u);
}

}  // namespace
}  // namespace tidegate::testing
