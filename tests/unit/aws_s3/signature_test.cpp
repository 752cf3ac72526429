// Against a server that computes the signature of each request on its own, in another language, where it is at hand.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/aws_s3/aws_s3.h"
#include "connectors/aws_s3/limits.h"
#include "tests/support/signing/signing_server.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::testing {
namespace {

namespace limits = aws_s3::limits;
constexpr SinkKind kS3{aws_s3_sink_options, make_aws_s3_sink};
/// What the sink says of a server that has verified the request, but is no S3.
constexpr std::string_view kVerified = "HTTP 200 without an ETag: not an answer of S3";

class AwsS3Signature : public test::SigningServerTest {
 protected:
  [[nodiscard]] std::string yaml(const std::string& credentials, const std::string& more = "") const {
    return fmt::format("bucket: archive\nregion: eu-central-1\nendpoint: {}\ncredentials: {}\n{}", url(), credentials,
                       more);
  }
  [[nodiscard]] std::string reason(const std::vector<OutEvent>& events, const std::string& more = "") const {
    SinkUnderTest sink(kS3, yaml(credentials(), more));
    return sink.send(events).outcomes.front().reason;
  }
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
    SinkUnderTest sink(kS3, yaml(credentials(), more));
    EXPECT_EQ(sink.send(events, true).outcomes.front().reason,
              "HTTP 200 without an UploadId or an ETag: not an answer of S3");
  }
}

TEST_F(AwsS3Signature, AWrongKeyIsARefusedCredential) {
  SinkUnderTest sink(kS3, yaml(credentials("wrong")));
  EXPECT_EQ(sink.send(numbered_events(1)).cause, Cause::unauthorized);
  EXPECT_EQ(sink.connect().substr(0, 8), "HTTP 403");
}

TEST_F(AwsS3Signature, HoldsForTheProbe) {
  SinkUnderTest sink(kS3, yaml(credentials()));
  EXPECT_EQ(sink.connect(), "HTTP 200, and not in the words of S3; check endpoint");
}

}  // namespace
}  // namespace tidegate::testing
