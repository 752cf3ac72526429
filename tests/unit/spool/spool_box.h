#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "gateway/spool/spool.h"
#include "tests/support/clock/virtual_clock.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate::testing {

inline Event event_of(const std::string& data, const std::string& subject = "sensors/a/temperature") {
  Event event;
  event.id = data;
  event.source = "/plant-7/floor";
  event.type = "tidegate.mqtt.message";
  event.subject = subject;
  event.time = WallTime{milliseconds{1'760'000'000'000}};
  event.datacontenttype = "application/json";
  event.data = data;
  event.attributes = {{"qos", "1"}};
  return event;
}

/// A spool in a directory of its own, with calls that wait for their commit.
class SpoolBox {
 public:
  SpoolBox() { options.data_dir = scratch.path() / "data"; }

  /// Opens and starts; lane n is lanes[n], source 0 is "floor".
  void open() {
    auto opened = Spool::open(options, specs, {"floor"}, clock, health, metrics, opening);
    ASSERT_TRUE(opened) << opened.error().message;
    spool = *std::move(opened);
    spool->start([this](bool on) { pressed = on; });
  }
  void reopen() {
    spool.reset();
    open();
  }
  [[nodiscard]] LaneId lane(std::size_t n = 0) const { return opening.lanes.at(n); }

  /// Waits for its receipt. `lanes` by their place in `specs`.
  Admission append(const std::vector<Event>& events, const std::vector<std::size_t>& lanes = {0},
                   std::vector<SourceStateChange> state = {}) {
    return append_later(events, lanes, std::move(state)).get();
  }
  std::future<Admission> append_later(const std::vector<Event>& events, const std::vector<std::size_t>& lanes = {0},
                                      std::vector<SourceStateChange> state = {}) {
    SpoolSubmission submission{opening.sources.at(0), {}, std::move(state), 0};
    for (const Event& event : events) {
      Routed& routed = submission.events.emplace_back();
      routed.event = event;
      for (const std::size_t n : lanes) routed.lanes.push_back(lane(n));
    }
    std::promise<Admission> answer;
    std::future<Admission> out = answer.get_future();
    spool->append(std::move(submission),
                  [answer = std::move(answer)](Admission admission) mutable { answer.set_value(admission); });
    return out;
  }
  Status settle(Settlement settlement) {
    std::promise<Status> answer;
    std::future<Status> out = answer.get_future();
    spool->settle(std::move(settlement),
                  [answer = std::move(answer)](Status status) mutable { answer.set_value(std::move(status)); });
    return out.get();
  }
  Status deliver(const std::vector<std::uint64_t>& seqs, std::uint64_t cursor, std::size_t n = 0) {
    Settlement settlement;
    settlement.lane = lane(n);
    for (const std::uint64_t seq : seqs) settlement.delivered.emplace_back(seq);
    settlement.cursor = Seq{cursor};
    return settle(std::move(settlement));
  }
  /// Data of all events of a lane after `from`.
  std::vector<std::string> read_all(std::size_t n = 0, std::uint64_t from = 0) {
    std::vector<std::string> out;
    Seq at{from};
    while (true) {
      auto read = spool->read(lane(n), at, 100, 1u << 20);
      EXPECT_TRUE(read) << read.error().message;
      if (!read) return out;
      for (const StoredEvent& stored : read->events) out.push_back(stored.event.data);
      if (read->at_end) return out;
      at = read->scanned_to;
    }
  }
  LaneLedger ledger(std::size_t n = 0) {
    return spool->snapshot().lanes.at(specs.at(n).route + "/" + specs.at(n).sink);
  }
  /// The faults that an audit finds, as one text: empty when the books balance.
  std::string faults() {
    auto report = audit(options.data_dir);
    if (!report) return report.error().message;
    std::string out;
    for (const std::string& fault : report->faults) out += fault + "\n";
    return out;
  }

  test::TempDir scratch{test::memory_directory()};
  SpoolOptions options;
  std::vector<LaneSpec> specs{{"temps", "cloud", {}}, {"all", "archive", {}}};
  VirtualClock clock;
  Health health{clock};
  Metrics metrics;
  SpoolOpening opening;
  std::atomic<bool> pressed{false};
  std::unique_ptr<Spool> spool;
};

}  // namespace tidegate::testing
