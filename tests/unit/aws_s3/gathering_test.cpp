// Objects that are made of several batches, in a bucket that takes multipart uploads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "connectors/aws_s3/aws_s3.h"
#include "tests/support/bucket/bucket.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;

constexpr SinkKind kS3{aws_s3_sink_options, make_aws_s3_sink};
constexpr bool kMore = true;
constexpr std::size_t kMiB = 1u << 20;

class AwsS3Gathering : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = Bucket::start();
    ASSERT_TRUE(started) << started.error().message;
    bucket_ = *std::move(started);
    sink_ = sink();
  }
  [[nodiscard]] std::unique_ptr<SinkUnderTest> sink(const std::string& more = "format: payload") const {
    return std::make_unique<SinkUnderTest>(
        kS3, "bucket: archive\nregion: eu-central-1\nendpoint: " + bucket_->url() +
                 "\ncredentials: {type: keys, access_key_id: AKIDEXAMPLE, secret_access_key: the-secret-key}\n" + more);
  }
  /// Of a batch: `count` events of `bytes`, none of which was there before. Their lines are added to `lines_`.
  std::vector<OutEvent> batch(int count, std::size_t bytes = 10) {
    std::vector<OutEvent> events = numbered_events(count, next_);
    for (OutEvent& event : events) {
      event.position = Seq{static_cast<std::uint64_t>(next_++)};
      event.event.data =
          "{\"n\":" + std::to_string(event.position.value) + ",\"x\":\"" + std::string(bytes, 'x') + "\"}";
      lines_ += event.event.data + "\n";
    }
    return events;
  }
  /// The events of a batch that is a fifth of a part, so that every fifth one makes a part go up.
  std::vector<OutEvent> large_batch() { return batch(4, kMiB / 4 + 1000); }
  static Fate fate(const Settled& settled) { return settled.outcomes.front().fate; }
  /// The one object.
  [[nodiscard]] StoredObject object() const {
    const auto objects = bucket_->objects();
    EXPECT_EQ(objects.size(), 1u);
    return objects.empty() ? StoredObject{} : objects.begin()->second;
  }

  std::unique_ptr<Bucket> bucket_;
  std::unique_ptr<SinkUnderTest> sink_;
  std::string lines_;
  int next_ = 1;
};

TEST_F(AwsS3Gathering, WhatStaysSmallIsPutAsOneObject) {
  EXPECT_EQ(fate(sink_->send(batch(3), kMore)), Fate::held);
  EXPECT_EQ(fate(sink_->send(batch(2), kMore)), Fate::held);
  EXPECT_EQ(bucket_->totals().requests, 0u);
  EXPECT_EQ(fate(sink_->send(batch(1))), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
  EXPECT_EQ(bucket_->totals().requests, 1u);
}

TEST_F(AwsS3Gathering, AnEndWithoutEventsPutsWhatIsHeld) {
  EXPECT_EQ(fate(sink_->send(batch(3), kMore)), Fate::held);
  EXPECT_EQ(fate(sink_->send({})), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
}

TEST_F(AwsS3Gathering, TheNextObjectHasAnotherKeyAlthoughItsEventsLookTheSame) {
  std::vector<OutEvent> events = batch(2);
  sink_->send(events, kMore);
  sink_->send({});
  for (OutEvent& event : events) event.position.value += 100;
  sink_->send(events, kMore);
  sink_->send({});
  EXPECT_EQ(bucket_->objects().size(), 2u);
}

TEST_F(AwsS3Gathering, WhatGrowsGoesUpInPartsAndIsThereAsAWhole) {
  for (int i = 0; i < 12; ++i) EXPECT_EQ(fate(sink_->send(large_batch(), kMore)), Fate::held);
  EXPECT_EQ(bucket_->totals().parts, 2u);
  EXPECT_TRUE(bucket_->objects().empty());
  EXPECT_EQ(fate(sink_->send(batch(1))), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
  EXPECT_EQ(object().parts, 3u);
  EXPECT_EQ(object().headers.at("content-type"), "application/x-ndjson");
  EXPECT_TRUE(bucket_->open_uploads().empty());
}

TEST_F(AwsS3Gathering, AnEndWithoutEventsCompletesAnUpload) {
  for (int i = 0; i < 5; ++i) sink_->send(large_batch(), kMore);
  ASSERT_EQ(bucket_->totals().parts, 1u);
  EXPECT_EQ(fate(sink_->send({})), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
}

TEST_F(AwsS3Gathering, CompressedItIsOneFileOfManyMembers) {
  sink_ = sink("format: payload\ncompression: gzip");
  for (int i = 0; i < 3; ++i) sink_->send(batch(100), kMore);
  sink_->send({});
  const std::string packed = object().bytes;
  std::string plain(2 * lines_.size(), '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  int members = 0;
  while (stream.avail_in > 0 && inflate(&stream, Z_FINISH) == Z_STREAM_END) {
    ++members;
    inflateReset(&stream);
  }
  plain.resize(plain.size() - stream.avail_out);
  inflateEnd(&stream);
  EXPECT_TRUE(plain == lines_);
  EXPECT_EQ(members, 3);
}

TEST_F(AwsS3Gathering, CsvHasOneHeader) {
  sink_ = sink("format: csv\ncsv: {columns: {n: '${data.n}'}}");
  sink_->send(batch(1), kMore);
  sink_->send(batch(1));
  EXPECT_EQ(object().bytes, "n\r\n1\r\n2\r\n");
}

TEST_F(AwsS3Gathering, ABatchThatFailsLeavesNoTrace) {
  for (int i = 0; i < 4; ++i) sink_->send(large_batch(), kMore);
  const auto failing = large_batch();
  for (const BucketCall call : {BucketCall::create_upload, BucketCall::upload_part}) {
    bucket_->answer_nth(call, 1, s3_error(503, "SlowDown"));
    const Settled settled = sink_->send(failing, kMore);
    EXPECT_EQ(fate(settled), Fate::retry);
    EXPECT_EQ(settled.cause, Cause::throttled);
  }
  EXPECT_EQ(fate(sink_->send(failing, kMore)), Fate::held);
  const auto last = batch(1);
  bucket_->answer_nth(BucketCall::complete_upload, 1, s3_error(200, "InternalError"));
  EXPECT_EQ(fate(sink_->send(last)), Fate::retry);
  EXPECT_EQ(fate(sink_->send(last)), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
  EXPECT_TRUE(bucket_->open_uploads().empty());
}

TEST_F(AwsS3Gathering, AConnectionThatBreaksLeavesNoTrace) {
  for (int i = 0; i < 4; ++i) sink_->send(large_batch(), kMore);
  const auto failing = large_batch();
  Answer cut;
  cut.action = Answer::Action::cut;
  cut.body = "<html>";
  bucket_->answer_nth(BucketCall::upload_part, 1, cut);
  EXPECT_EQ(fate(sink_->send(failing, kMore)), Fate::unknown);
  EXPECT_EQ(fate(sink_->send(failing, kMore)), Fate::held);
  EXPECT_EQ(fate(sink_->send({})), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
}

TEST_F(AwsS3Gathering, TheFirstBatchMayBeFollowedByAnotherWhenItFails) {
  const auto first = batch(4, 2 * kMiB);
  bucket_->answer_nth(BucketCall::upload_part, 1, s3_error(503, "ServiceUnavailable"));
  EXPECT_EQ(fate(sink_->send(first, kMore)), Fate::retry);
  lines_.clear();
  EXPECT_EQ(fate(sink_->send(batch(1))), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
}

TEST_F(AwsS3Gathering, AnUnfitEventIsRejectedAndTheOthersAreHeld) {
  sink_ = sink("format: csv\ncsv: {columns: {n: '${data.n}'}}");
  auto events = batch(3);
  events[1].event.data = "{}";
  const Settled settled = sink_->send(events, kMore);
  ASSERT_EQ(settled.outcomes.size(), 3u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::held);
  EXPECT_EQ(settled.outcomes[1].fate, Fate::rejected);
  auto unfit = batch(1);
  unfit[0].event.data = "{}";
  EXPECT_EQ(fate(sink_->send(unfit)), Fate::rejected) << "and it ends nothing";
  EXPECT_TRUE(bucket_->objects().empty());
  EXPECT_EQ(fate(sink_->send({})), Fate::delivered);
  EXPECT_EQ(object().bytes, "n\r\n1\r\n3\r\n");
}

TEST_F(AwsS3Gathering, NoEventIsDeadForAPartThatIsTooLargeForSomebodyOnTheWay) {
  Answer refusal;
  refusal.status = 413;
  bucket_->answer_all(BucketCall::upload_part, refusal);
  bucket_->answer_all(BucketCall::put_object, refusal);
  const auto expect_nobody_blamed = [](const Settled& settled) {
    EXPECT_EQ(fate(settled), Fate::retry);
    EXPECT_EQ(settled.cause, Cause::peer_down);
    EXPECT_THAT(settled.outcomes.front().reason, HasSubstr("set batch.max_bytes"));
  };
  sink_->send(batch(1), kMore);
  expect_nobody_blamed(sink_->send(batch(1)));
  for (int i = 0; i < 4; ++i) sink_->send(large_batch(), kMore);
  expect_nobody_blamed(sink_->send(large_batch(), kMore));
  EXPECT_EQ(fate(sink()->send(batch(1))), Fate::rejected) << "alone it is to blame";
}

TEST_F(AwsS3Gathering, AnUploadThatS3HasLostIsUndone) {
  std::vector<std::vector<OutEvent>> batches;
  for (int i = 0; i < 5; ++i) batches.push_back(large_batch());
  for (const auto& each : batches) sink_->send(each, kMore);
  bucket_->answer_nth(BucketCall::complete_upload, 1, s3_error(404, "NoSuchUpload"));
  const Settled settled = sink_->send({});
  EXPECT_EQ(settled.cause, Cause::undone);
  EXPECT_THAT(settled.outcomes.front().reason, HasSubstr("NoSuchUpload"));
  for (const auto& each : batches) EXPECT_EQ(fate(sink_->send(each, kMore)), Fate::held);
  EXPECT_EQ(fate(sink_->send({})), Fate::delivered);
  EXPECT_TRUE(object().bytes == lines_);
}

TEST_F(AwsS3Gathering, WhatWasCompletedUnheardIsOverwritten) {
  std::vector<std::vector<OutEvent>> batches;
  for (int i = 0; i < 5; ++i) batches.push_back(large_batch());
  for (const auto& each : batches) sink_->send(each, kMore);
  Answer cut;
  cut.action = Answer::Action::cut;
  cut.body = "<html>";
  bucket_->answer_nth(BucketCall::complete_upload, 1, cut, true);
  EXPECT_EQ(fate(sink_->send({})), Fate::unknown);
  EXPECT_EQ(sink_->send({}).cause, Cause::undone);
  for (const auto& each : batches) sink_->send(each, kMore);
  sink_->send({});
  EXPECT_TRUE(object().bytes == lines_);
  EXPECT_EQ(object().writes, 2);
}

TEST_F(AwsS3Gathering, EveryPartHasTheChecksumThatWasAskedFor) {
  sink_ = sink("format: payload\nchecksum: sha256\nexpected_owner: '123456789012'\nstorage_class: STANDARD_IA");
  for (int i = 0; i < 5; ++i) sink_->send(large_batch(), kMore);
  EXPECT_EQ(fate(sink_->send({})), Fate::delivered);
  const auto create = bucket_->requests(BucketCall::create_upload).back();
  EXPECT_EQ(create.headers.at("x-amz-checksum-algorithm"), "SHA256");
  EXPECT_EQ(create.headers.at("x-amz-storage-class"), "STANDARD_IA");
  const auto part = bucket_->requests(BucketCall::upload_part).back();
  EXPECT_EQ(part.headers.at("x-amz-checksum-sha256").size(), 44u);
  const auto complete = bucket_->requests(BucketCall::complete_upload).back();
  EXPECT_THAT(complete.body, HasSubstr("<ChecksumSHA256>" + part.headers.at("x-amz-checksum-sha256") + "<"));
  for (const auto& request : {create, part, complete}) {
    EXPECT_EQ(request.headers.at("x-amz-expected-bucket-owner"), "123456789012");
  }
}

TEST_F(AwsS3Gathering, WhereTheKeyDependsOnTheEventABatchIsAnObject) {
  EXPECT_TRUE((*sink_)->limits().gathers);
  EXPECT_TRUE((*sink("key: '${route}/${time.hour}'"))->limits().gathers);
  EXPECT_FALSE((*sink("key: '${route}/${subject}'"))->limits().gathers);
  EXPECT_FALSE((*sink("key: '${data.site}'"))->limits().gathers);
}

}  // namespace
}  // namespace tidegate::testing
