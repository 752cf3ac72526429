#include "connectors/aws_s3/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "connectors/aws_s3/limits.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::aws_s3 {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

/// What a writer made of events.
struct Made {
  std::string key, body;
  http::Written written;
};

SinkOptions options_of(const std::string& more) {
  auto options = sink_table().parse_text("bucket: the-bucket\nregion: eu-central-1\n" + more);
  EXPECT_TRUE(options) << options.error().message;
  return options ? *std::move(options) : SinkOptions{};
}

ObjectWriter writer_of(const std::string& more, const std::string& route = "readings",
                       const std::string& sink = "archive") {
  auto writer = ObjectWriter::create(options_of(more), route, sink);
  EXPECT_TRUE(writer) << writer.error().message;
  return *std::move(writer);
}

Made write(ObjectWriter& writer, const std::vector<OutEvent>& events) {
  std::vector<const OutEvent*> batch;
  for (const OutEvent& event : events) batch.push_back(&event);
  Made made;
  writer.write(batch, made.key, made.body, made.written);
  return made;
}
Made write(const std::string& more, const std::vector<OutEvent>& events) {
  ObjectWriter writer = writer_of(more);
  return write(writer, events);
}

TEST(S3Object, IsLinesUnderAKeyOfRouteDateTimeAndHash) {
  const Made made = write("format: payload", testing::numbered_events(2));
  EXPECT_EQ(made.body, "{\"n\":1}\n{\"n\":2}\n");
  EXPECT_THAT(made.key, MatchesRegex("readings/2026-01-02/20260102T030405Z-[0-9a-f]{32}\\.ndjson"));
}

TEST(S3Object, TheSameBatchHasTheSameKeyFromAnyWriter) {
  const auto events = testing::numbered_events(3);
  ObjectWriter writer = writer_of("");
  const Made first = write(writer, events);
  EXPECT_EQ(write(writer, events).key, first.key);
  EXPECT_EQ(write("", events).key, first.key);
  EXPECT_EQ(write("", events).body, first.body);
}

TEST(S3Object, WhatBeginsWithAnotherEventHasAnotherKey) {
  const auto events = testing::numbered_events(2);
  const std::string key = write("", events).key;
  auto fewer = events;
  fewer.pop_back();
  EXPECT_EQ(write("", fewer).key, key) << "cut elsewhere when it is sent again, it overwrites";
  for (auto change : std::initializer_list<void (*)(OutEvent&)>{
           [](OutEvent& out) { out.event.id = "other"; }, [](OutEvent& out) { out.event.source = "/other"; },
           [](OutEvent& out) { out.event.subject = "other"; }, [](OutEvent& out) { out.event.time += milliseconds{1}; },
           [](OutEvent& out) { out.position = Seq{9}; }}) {
    auto changed = events;
    change(changed[0]);
    EXPECT_NE(write("", changed).key, key);
  }
  auto moved = events;
  moved[0].event.id = "id-1x";
  moved[0].event.subject = "/b";
  auto moved_back = events;
  moved_back[0].event.id = "id-1";
  moved_back[0].event.subject = "x/b";
  EXPECT_NE(write("", moved).key, write("", moved_back).key);
}

TEST(S3Object, BatchesAreAppendedUnderTheKeyOfTheFirst) {
  ObjectWriter writer = writer_of("format: payload");
  const auto first = testing::numbered_events(1), second = testing::numbered_events(2, 2);
  Made made = write(writer, first);
  const std::string key = made.key;
  std::vector<const OutEvent*> batch{&second[0], &second[1]};
  writer.write(batch, made.key, made.body, made.written);
  EXPECT_EQ(made.key, key);
  EXPECT_EQ(made.body, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

TEST(S3Object, AnotherLaneHasAnotherKey) {
  const auto events = testing::numbered_events(1);
  ObjectWriter one = writer_of("key: all", "route", "sink"), two = writer_of("key: all", "other", "sink"),
               three = writer_of("key: all", "route", "other");
  const std::string key = write(one, events).key;
  EXPECT_NE(write(two, events).key, key);
  EXPECT_NE(write(three, events).key, key);
}

TEST(S3Object, EventsOfOneFolderHaveOneDestination) {
  ObjectWriter writer = writer_of("key: '${time.date}/${data.site}'");
  auto events = testing::numbered_events(4);
  for (std::size_t i = 0; i < events.size(); ++i) events[i].event.data = i < 2 ? R"({"site":"a"})" : R"({"site":"b"})";
  events[3].event.data = "{}";
  EXPECT_EQ(writer.destination(events[0]), writer.destination(events[1]));
  EXPECT_NE(writer.destination(events[0]), writer.destination(events[2]));
  EXPECT_EQ(writer.destination(events[3]), 0u);
}

TEST(S3Object, AKeyNeverLeavesItsFolderWhateverTheEventHolds) {
  auto events = testing::numbered_events(1);
  events[0].event.subject = "../..//\x01\xff/a b";
  EXPECT_THAT(write("key: 'x/${subject}'", events).key, StartsWith("x/_/_/_/__/a b/2026"));
}

TEST(S3Object, CsvHasAHeaderAndAnEventWithoutAValueIsUnfit) {
  auto events = testing::numbered_events(3);
  events[1].event.data = "{}";
  const Made made = write("format: csv\ncsv: {columns: {n: '${data.n}', topic: '${subject}'}}", events);
  EXPECT_EQ(made.body, "n,topic\r\n1,a/b\r\n3,a/b\r\n");
  EXPECT_THAT(made.key, EndsWith(".csv"));
  ASSERT_EQ(made.written.unfits().size(), 1u);
  EXPECT_EQ(made.written.unfits()[0].index, 1u);
  EXPECT_EQ(made.written.unfits()[0].reason, "column n: data.n is missing");
}

TEST(S3Object, AnUnfitEventIsNotPartOfTheName) {
  auto events = testing::numbered_events(2);
  const std::string csv = "format: csv\ncsv: {columns: {n: '${data.n}'}}";
  auto with_unfit = events;
  with_unfit.push_back(testing::numbered_events(1, 9).front());
  with_unfit.back().event.data = "{}";
  EXPECT_EQ(write(csv, with_unfit).key, write(csv, events).key);
}

TEST(S3Object, NothingIsMadeOfEventsThatHaveNoKey) {
  const Made made = write("key: '${data.site}'", testing::numbered_events(2));
  EXPECT_TRUE(made.key.empty());
  EXPECT_TRUE(made.body.empty());
  ASSERT_EQ(made.written.unfits().size(), 2u);
  EXPECT_EQ(made.written.unfits()[0].reason, "key: data.site is missing");
}

TEST(S3Object, AKeyThatS3WouldNotTakeIsUnfit) {
  auto events = testing::numbered_events(1);
  for (int i = 0; i < 8; ++i) events[0].event.subject += '/' + std::string(120, 'x');
  const Made made = write("key: '${subject}'", events);
  ASSERT_EQ(made.written.unfits().size(), 1u);
  EXPECT_EQ(made.written.unfits()[0].reason, "key: longer than the 1024 bytes that S3 takes");
}

TEST(S3Object, KeysStayWithinS3sLimit) {
  auto events = testing::numbered_events(1);
  const std::size_t room = limits::kKeyBytesMax - limits::kNameBytes;
  events[0].event.subject = std::string(100, 'x');
  while (events[0].event.subject.size() + 101 <= room) events[0].event.subject += '/' + std::string(100, 'x');
  const Made made = write("key: '${subject}'\ncompression: zstd", events);
  EXPECT_TRUE(made.written.unfits().empty());
  EXPECT_LE(made.key.size(), limits::kKeyBytesMax);
}

TEST(S3Object, GzipIsOneFileOfTheLines) {
  const Made made = write("format: payload\ncompression: gzip", testing::numbered_events(1000));
  EXPECT_THAT(made.key, EndsWith(".ndjson.gz"));
  EXPECT_LT(made.body.size(), 4000u);
  std::string plain(20'000, '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(made.body.data()));
  stream.avail_in = static_cast<uInt>(made.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(plain, write("format: payload", testing::numbered_events(1000)).body);
}

TEST(S3Object, ZstdIsOneFrameOfTheLines) {
  const Made made = write("format: payload\ncompression: zstd", testing::numbered_events(1000));
  EXPECT_THAT(made.key, EndsWith(".ndjson.zst"));
  std::string plain(20'000, '\0');
  plain.resize(ZSTD_decompress(plain.data(), plain.size(), made.body.data(), made.body.size()));
  EXPECT_EQ(plain, write("format: payload", testing::numbered_events(1000)).body);
}

}  // namespace
}  // namespace tidegate::aws_s3
