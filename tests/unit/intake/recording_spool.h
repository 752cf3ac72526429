#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/spool/spool.h"

namespace tidegate {

/// A spool that remembers what it was given, and answers when the test says so.
class RecordingSpool final : public Spool {
 public:
  void start(UniqueFunction<void(bool)>) override {}
  void stop() override {}
  void append(SpoolSubmission submission, Receipt receipt) override {
    submissions.push_back(std::move(submission));
    receipts.push_back(std::move(receipt));
  }
  void settle(Settlement, UniqueFunction<void(Status)>) override {}
  Result<LaneRead> read(LaneId, Seq, std::size_t, std::size_t) override { return LaneRead{}; }
  Result<std::vector<Deferred>> read_deferred(LaneId) override { return std::vector<Deferred>{}; }
  [[nodiscard]] LaneState lane_state(LaneId) const override { return {}; }
  void watch(LaneId, UniqueFunction<void(Seq)>) override {}
  std::vector<std::pair<std::string, std::string>> source_state(SourceId, const std::string& prefix) override {
    return {{prefix + "key", "value"}};
  }
  [[nodiscard]] SpoolSnapshot snapshot() const override { return picture; }
  Result<std::vector<DeadLetter>> dead_letters(const DeadQuery&) override { return std::vector<DeadLetter>{}; }
  Result<std::uint64_t> retry_dead(const std::vector<std::uint64_t>&) override { return std::uint64_t{0}; }
  Result<std::uint64_t> drop_dead(const std::vector<std::uint64_t>&) override { return std::uint64_t{0}; }
  Result<std::vector<std::pair<std::string, std::string>>> lane_state_rows(LaneId) override {
    return std::vector<std::pair<std::string, std::string>>{};
  }
  Result<LogPage> scan(Seq, WallTime, std::size_t) override { return LogPage{}; }
  Result<std::uint64_t> drop_lane(const std::string&, const std::string&) override { return std::uint64_t{0}; }
  Result<std::uint64_t> adopt_lane(const std::string&, const std::string&, const std::string&,
                                   const std::string&) override {
    return std::uint64_t{0};
  }

  std::vector<SpoolSubmission> submissions;
  std::vector<Receipt> receipts;
  SpoolSnapshot picture;
};

}  // namespace tidegate
