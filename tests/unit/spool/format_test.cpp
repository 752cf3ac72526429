#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gateway/spool/block.h"
#include "gateway/spool/books.h"
#include "gateway/spool/record.h"
#include "gateway/spool/seq_set.h"

/// Pins the bytes on disk to the worked examples of FORMAT.md: a spool that was written yesterday must be readable.
namespace tidegate::testing {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

Event example() {
  Event event;
  event.id = "0198c5a2-7f3e-7abc-8def-0123456789ab";
  event.time = WallTime{milliseconds{1'760'000'000'000}};
  event.source = "/p/s";
  event.type = "t";
  event.subject = "a/b";
  event.attributes = {{"qos", "1"}};
  event.data = "21";
  return event;
}

TEST(SpoolFormat, ARecordIsStoredAsDescribed) {
  std::string record;
  put_record(record, example(), SourceId{3});
  EXPECT_EQ(hex(record),
            "03"
            "03"
            "0198c5a27f3e7abc8def0123456789ab"
            "8080e682b966"
            "042f702f73"
            "0174"
            "03612f62"
            "00"
            "0103716f730131"
            "3231");
  Event back;
  SourceId source;
  ASSERT_TRUE(get_record(record, back, source));
  EXPECT_EQ(back, example());
  EXPECT_EQ(source, SourceId{3});
}

TEST(SpoolFormat, ARecordOfVersion1HasNoSourceAndIsReadAllTheSame) {
  std::string record;
  put_record(record, example());
  EXPECT_EQ(hex(record).substr(0, 34), "010198c5a27f3e7abc8def0123456789ab");
  Event back;
  SourceId source{7};
  ASSERT_TRUE(get_record(record, back, source));
  EXPECT_EQ(back, example());
  EXPECT_EQ(source, SourceId{0});
}

TEST(SpoolFormat, WhatIsRememberedHasAChecksumOfItsOwnKind) {
  EXPECT_EQ(state_digest(StateOf::source, 3, "q2/1", "held"), 0xe9005309579472ddu);
  EXPECT_EQ(state_digest(StateOf::lane, 3, "q2/1", "held"), 0x220db37c74dba419u);
}

TEST(SpoolFormat, ADecisionAboutAnOrphanIsStoredAsDescribed) {
  LaneBook lane;
  lane.leaving = Orphan::Leaving::adopted;
  lane.adopted_by = LaneId{300};
  EXPECT_EQ(hex(encode_leaving(lane)), "02ac02");
  LaneBook back;
  ASSERT_TRUE(decode_leaving(encode_leaving(lane), back));
  EXPECT_EQ(back.adopted_by, LaneId{300});
  EXPECT_FALSE(decode_leaving("\x03", back));
  EXPECT_FALSE(decode_leaving(std::string_view("\x03\x01", 2), back));
}

TEST(SpoolFormat, ASealedRecordEndsInItsChecksum) {
  std::string sealed;
  put_sealed_record(sealed, example());
  EXPECT_EQ(hex(std::string_view(sealed).substr(sealed.size() - 8)), "fa62fe33f1952018");
  Event back;
  ASSERT_TRUE(get_sealed_record(sealed, back));
  sealed[20] = static_cast<char>(sealed[20] ^ 1);
  EXPECT_FALSE(get_sealed_record(sealed, back));
}

TEST(SpoolFormat, ASeqSetIsStoredAsDescribed) {
  SeqSet set;
  for (const std::uint64_t seq : {1000u, 1001u, 1300u}) set.insert(Seq{seq});
  EXPECT_EQ(hex(set.encode()), "e80701ab02");
  SeqSet back;
  ASSERT_TRUE(SeqSet::decode(set.encode(), back));
  EXPECT_EQ(back.members(), set.members());
}

TEST(SpoolFormat, LaneRunsAreStoredAsDescribed) {
  BlockHead head;
  head.first = Seq{41};
  head.count = 6;
  head.committed_at = WallTime{milliseconds{1'760'000'000'000}};
  head.age = milliseconds{5000};
  for (const std::uint32_t index : {0u, 1u, 2u, 5u}) head.lanes.add(LaneId{1}, index);
  head.lanes.add(LaneId{2}, 3);
  const std::string bytes = head.lanes.encode(head.place());
  EXPECT_EQ(hex(bytes),
            "010200030201"
            "02010301"
            "fa7cb998");
  BlockLanes back;
  ASSERT_TRUE(BlockLanes::decode(bytes, head.place(), head.count, back));
  EXPECT_EQ(back.find(LaneId{1})->events, 4u);
  // The checksum binds them to their place.
  head.first = Seq{42};
  EXPECT_FALSE(BlockLanes::decode(bytes, head.place(), head.count, back));
}

TEST(SpoolFormat, BytesThatAreNoRecordAreRefused) {
  std::string record;
  put_record(record, example());
  Event back;
  for (std::size_t n = 0; n < record.size() - 2; ++n) EXPECT_FALSE(get_record(record.substr(0, n), back)) << n;
  EXPECT_FALSE(get_record(std::string(100, '\xff'), back));
}

}  // namespace
}  // namespace tidegate::testing
