#include "tests/support/bucket/bucket.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http/http_client.h"

namespace tidegate::testing {
namespace {

using test::HttpClient;
using test::HttpReply;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::string_view kKey = "/archive/plant-7/a%20b.ndjson";

class BucketOfParts : public ::testing::Test {
 protected:
  explicit BucketOfParts(BucketOptions options = small_parts()) {
    auto started = Bucket::start(std::move(options));
    EXPECT_TRUE(started) << started.error().message;
    bucket_ = *std::move(started);
  }
  static BucketOptions small_parts() {
    BucketOptions options;
    options.part_bytes_min = 4;
    return options;
  }

  HttpReply ask(std::string_view method, const std::string& target, std::string_view body = "",
                std::string_view headers = "") const {
    const std::string url = bucket_->url();
    HttpClient client(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    EXPECT_TRUE(client.send(fmt::format("{} {} HTTP/1.1\r\nHost: b\r\nContent-Length: {}\r\n{}\r\n{}", method, target,
                                        body.size(), headers, body)));
    return client.reply();
  }
  [[nodiscard]] std::string create() const {
    const std::string xml = ask("POST", std::string(kKey) + "?uploads", "", "x-amz-storage-class: GLACIER_IR\r\n").body;
    const std::size_t at = xml.find("<UploadId>") + 10;
    return xml.substr(at, xml.find("</UploadId>") - at);
  }
  static std::string at(const std::string& id, int part = 0) {
    return std::string(kKey) + (part == 0 ? "?" : fmt::format("?partNumber={}&", part)) + "uploadId=" + id;
  }
  /// The ETag that it was answered with.
  [[nodiscard]] std::string put_part(const std::string& id, int part, std::string_view bytes) const {
    return ask("PUT", at(id, part), bytes).headers["etag"];
  }
  [[nodiscard]] HttpReply complete(const std::string& id, const std::vector<std::pair<int, std::string>>& parts) const {
    std::string xml = "<CompleteMultipartUpload>";
    for (const auto& [number, etag] : parts) {
      xml += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number, etag);
    }
    return ask("POST", at(id), xml + "</CompleteMultipartUpload>");
  }

  std::unique_ptr<Bucket> bucket_;
};

TEST_F(BucketOfParts, AnObjectIsPutUnderItsKeyAndOverwritten) {
  // md5sum of "one".
  EXPECT_EQ(ask("PUT", std::string(kKey), "one").headers["etag"], "\"f97c5d29941bfb1b2fdab0874906ab82\"");
  EXPECT_EQ(ask("PUT", std::string(kKey), "other").status, 200);
  const auto objects = bucket_->objects();
  ASSERT_EQ(objects.size(), 1u);
  const StoredObject& object = objects.at("plant-7/a b.ndjson");
  EXPECT_EQ(object.bytes, "other");
  EXPECT_EQ(object.writes, 2);
  EXPECT_THAT(ask("PUT", "/another/key", "x").body, HasSubstr("NoSuchBucket"));
}

TEST_F(BucketOfParts, ABodyThatIsNotWhatItsChecksumSaysIsRefused) {
  EXPECT_THAT(ask("PUT", std::string(kKey), "one", "Content-MD5: z701Sm/mBSadWSy83RSQqw==\r\n").body,
              HasSubstr("BadDigest"));
  EXPECT_THAT(ask("PUT", std::string(kKey), "one", "x-amz-content-sha256: " + std::string(64, '0') + "\r\n").body,
              HasSubstr("XAmzContentSHA256Mismatch"));
  EXPECT_EQ(ask("PUT", std::string(kKey), "one", "Content-MD5: +XxdKZQb+xsv2rCHSQargg==\r\n").status, 200);
  EXPECT_EQ(bucket_->totals().writes, 1u);
}

TEST_F(BucketOfParts, PartsBecomeAnObjectInTheOrderOfTheirNumbers) {
  const std::string id = create();
  const std::string last = put_part(id, 7, "c");
  const std::string first = put_part(id, 2, "aaaa");
  EXPECT_EQ(bucket_->totals().objects, 0u);
  ASSERT_EQ(bucket_->open_uploads().size(), 1u);
  EXPECT_THAT(bucket_->open_uploads().front().parts, ElementsAre(Pair(2, 4u), Pair(7, 1u)));
  const HttpReply done = complete(id, {{2, first}, {7, last}});
  EXPECT_EQ(done.status, 200);
  EXPECT_THAT(done.body, HasSubstr("CompleteMultipartUploadResult"));
  const StoredObject object = bucket_->objects().at("plant-7/a b.ndjson");
  EXPECT_EQ(object.bytes, "aaaac");
  EXPECT_EQ(object.parts, 2u);
  EXPECT_EQ(object.headers.at("x-amz-storage-class"), "GLACIER_IR");
  EXPECT_EQ(bucket_->totals().open_uploads, 0u);
  EXPECT_EQ(complete(id, {{2, first}, {7, last}}).status, 404) << "it is no more";
}

TEST_F(BucketOfParts, AnUploadIsCompletedOnlyWithWhatItHas) {
  const std::string id = create();
  const std::string small = put_part(id, 1, "a"), large = put_part(id, 2, "bbbb");
  EXPECT_THAT(complete(id, {}).body, HasSubstr("MalformedXML"));
  EXPECT_THAT(complete(id, {{1, small}, {2, large}}).body, HasSubstr("EntityTooSmall"));
  EXPECT_THAT(complete(id, {{2, large}, {1, small}}).body, HasSubstr("InvalidPartOrder"));
  EXPECT_THAT(complete(id, {{2, small}}).body, HasSubstr("InvalidPart<"));
  EXPECT_THAT(complete(id, {{3, large}}).body, HasSubstr("InvalidPart<"));
  EXPECT_EQ(bucket_->totals().objects, 0u);
  EXPECT_EQ(complete(id, {{2, "&quot;" + large.substr(1, 32) + "&quot;"}}).status, 200);
}

TEST_F(BucketOfParts, AnAbortedUploadIsGone) {
  const std::string id = create();
  ASSERT_NE(put_part(id, 1, "a"), "");
  EXPECT_EQ(ask("DELETE", at(id)).status, 204);
  EXPECT_EQ(bucket_->totals().open_uploads, 0u);
  EXPECT_THAT(ask("PUT", at(id, 2), "b").body, HasSubstr("NoSuchUpload"));
  EXPECT_EQ(ask("DELETE", at(id)).status, 404);
  EXPECT_THAT(ask("POST", "/archive/other?uploadId=" + create(), "<Part/>").body, HasSubstr("NoSuchUpload"))
      << "it is another key's";
}

TEST_F(BucketOfParts, TheNthRequestOfAKindFailsAsTheTestSays) {
  const std::string id = create();
  EXPECT_EQ(ask("PUT", at(id, 1), "aaaa").status, 200);
  bucket_->answer_nth(BucketCall::upload_part, 1, s3_error(503, "SlowDown"));
  Answer cut;
  cut.action = Answer::Action::close_read;
  bucket_->answer_nth(BucketCall::upload_part, 2, cut, true);
  EXPECT_THAT(ask("PUT", at(id, 2), "bbbb").body, HasSubstr("SlowDown"));
  EXPECT_EQ(ask("PUT", at(id, 3), "cccc").status, 0) << "no answer";
  EXPECT_THAT(bucket_->open_uploads().front().parts, ElementsAre(Pair(1, 4u), Pair(3, 4u)));
  bucket_->answer_all(BucketCall::upload_part, s3_error(403, "AccessDenied"));
  EXPECT_EQ(ask("PUT", at(id, 4), "dddd").status, 403);
  bucket_->answer_all(BucketCall::upload_part, std::nullopt);
  EXPECT_EQ(ask("PUT", at(id, 4), "dddd").status, 200);
  EXPECT_TRUE(bucket_->wait_for([](const BucketTotals& now) { return now.parts == 3 && now.refused == 3; }));
  std::vector<unsigned> answered;
  for (const auto& request : bucket_->requests(BucketCall::upload_part)) answered.push_back(request.status);
  EXPECT_THAT(answered, ElementsAre(200, 503, 0, 403, 200));
}

class BucketOfSizes : public BucketOfParts {
 protected:
  BucketOfSizes() : BucketOfParts(options()) {}
  static BucketOptions options() {
    BucketOptions options = small_parts();
    options.keep_bytes = false;
    options.completes_again = true;
    return options;
  }
};

TEST_F(BucketOfSizes, KeepsNoBytesAndTellsAnOldPartFromTheOneThatReplacedIt) {
  const std::string id = create();
  const std::string old = put_part(id, 1, "aaaa"), replaced = put_part(id, 1, "bbbbb");
  EXPECT_THAT(complete(id, {{1, old}}).body, HasSubstr("InvalidPart<"));
  EXPECT_EQ(complete(id, {{1, replaced}}).status, 200);
  EXPECT_EQ(complete(id, {{1, replaced}}).status, 200) << "once more, as some stores allow";
  EXPECT_EQ(complete(id, {{1, old}}).status, 400);
  const StoredObject object = bucket_->objects().begin()->second;
  EXPECT_EQ(object.bytes, "");
  EXPECT_EQ(object.size, 5u);
  EXPECT_EQ(object.writes, 1);
  EXPECT_EQ(bucket_->totals().object_bytes, 5u);
}

}  // namespace
}  // namespace tidegate::testing
