// Against a server that computes the signature of each request on its own, in another language, where it is at hand.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/aws_s3/aws_s3.h"
#include "connectors/aws_s3/limits.h"
#include "tests/support/sink/sink_under_test.h"
#include "tests/unit/auth_aws/signing_server.h"

namespace tidegate::testing {
namespace {

const auth::AwsKeys kKeys{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret("session/token==")};
namespace limits = aws_s3::limits;
constexpr SinkKind kS3{aws_s3_sink_options, make_aws_s3_sink};
/// What the sink says of a server that has verified the request, but is no S3.
constexpr std::string_view kVerified = "HTTP 200 without an ETag: not an answer of S3";

class AwsS3Signature : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = test::SigningServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    server_ = test::SigningServer::start(kKeys);
    ASSERT_TRUE(server_) << "the server did not start";
  }

  [[nodiscard]] std::string yaml(const Secret& secret, const std::string& more) const {
    return fmt::format(
        "bucket: archive\nregion: eu-central-1\nendpoint: http://127.0.0.1:{}\n"
        "credentials: {{type: keys, access_key_id: {}, secret_access_key: {}, session_token: {}}}\n{}",
        server_->port(), kKeys.access_key_id, secret.reveal(), kKeys.session_token.reveal(), more);
  }
  [[nodiscard]] std::string reason(std::vector<OutEvent> events, const std::string& more = "") const {
    SinkUnderTest sink(kS3, yaml(kKeys.secret_access_key, more));
    return sink.send(events).outcomes.front().reason;
  }

  std::unique_ptr<test::SigningServer> server_;
};

TEST_F(AwsS3Signature, HoldsForKeysOfAllKindsAndForEveryHeader) {
  EXPECT_EQ(reason(numbered_events(100), "compression: gzip"), kVerified);
  auto events = numbered_events(1);
  events[0].event.subject = "a b/\xc3\xa9+%2F/~=&?#";
  EXPECT_EQ(reason(events, "key: '${subject}'"), kVerified);
  EXPECT_EQ(reason(numbered_events(2),
                   "checksum: sha256\nstorage_class: STANDARD_IA\nexpected_owner: '123456789012'\n"
                   "encryption: {type: kms, kms_key_id: 'arn:aws:kms:eu-central-1:1:key/k', bucket_key: true}"),
            kVerified);
}

TEST_F(AwsS3Signature, HoldsForTheBeginningOfAnUpload) {
  auto events = numbered_events(1);
  events[0].event.data.assign(limits::kPartBytesMin, 'x');
  for (const std::string more : {"", "checksum: sha256\nexpected_owner: '123456789012'"}) {
    SinkUnderTest sink(kS3, yaml(kKeys.secret_access_key, more));
    EXPECT_EQ(sink.send(events, true).outcomes.front().reason,
              "HTTP 200 without an UploadId or an ETag: not an answer of S3");
  }
}

TEST_F(AwsS3Signature, AWrongKeyIsARefusedCredential) {
  SinkUnderTest sink(kS3, yaml(Secret("wrong"), ""));
  EXPECT_EQ(sink.send(numbered_events(1)).cause, Cause::unauthorized);
  EXPECT_EQ(sink.connect().substr(0, 8), "HTTP 403");
}

TEST_F(AwsS3Signature, HoldsForTheProbe) {
  SinkUnderTest sink(kS3, yaml(kKeys.secret_access_key, ""));
  EXPECT_EQ(sink.connect(), "HTTP 200, and not in the words of S3; check endpoint");
}

}  // namespace
}  // namespace tidegate::testing
