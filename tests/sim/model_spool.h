#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateway/spool/spool.h"

namespace tidegate::testing {

/// What the spool promises to one lane, in memory and without threads: a log, settlements that become durable only when
/// commit() says so, and crash(), which forgets those that have not. It judges every settlement as it becomes durable;
/// `complaint` is called with a sentence for each broken rule. *Threads*: one user at a time.
class ModelSpool {
 public:
  using Complaint = std::function<void(const std::string&)>;

  ModelSpool(LaneId lane, Complaint complaint) : lane_(lane), complaint_(std::move(complaint)) {}

  /// Commits an event at once; `ours` says whether the lane wants it.
  Seq append(Event event, bool ours);
  LaneRead read(Seq from, std::size_t events_max, std::size_t bytes_max) const;
  void settle(Settlement settlement) { queue_.push_back(std::move(settlement)); }
  /// Makes the oldest queued settlement durable. False: none was queued.
  bool commit();
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  /// The process dies: what is queued is forgotten.
  void crash() { queue_.clear(); }
  /// Drops the oldest events of the log, up to and including `to`. Returns what the lane's watch would be told.
  Seq evict(Seq to);
  /// Gives every dead letter back to the lane; returns their seqs.
  std::vector<Seq> retry_dead();

  [[nodiscard]] LaneState state() const;
  [[nodiscard]] std::vector<Deferred> deferred() const;
  [[nodiscard]] const std::map<Seq, DeadEvent>& dead() const { return dead_; }
  [[nodiscard]] bool delivered(Seq seq) const { return delivered_.contains(seq); }
  [[nodiscard]] bool filtered(Seq seq) const { return filtered_.contains(seq); }
  /// What the lane stored, ascending by key.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> state_rows() const {
    return {state_rows_.begin(), state_rows_.end()};
  }
  [[nodiscard]] bool evicted(Seq seq) const { return evicted_.contains(seq); }
  [[nodiscard]] const Event& event(Seq seq) const { return events_[seq.value - 1].event; }
  [[nodiscard]] std::uint64_t last() const { return events_.size(); }
  /// Events of the lane whose fate is not durable: in the log, or deferred.
  [[nodiscard]] std::size_t pending() const;

 private:
  struct Row {
    Event event;
    bool ours = false;
  };
  enum class Place : std::uint8_t { log, deferred, settled };

  [[nodiscard]] Place place(Seq seq) const;
  bool leave(Seq seq, const char* as);
  void check_cursor(Seq cursor);
  void emit(std::vector<Event> events);

  LaneId lane_;
  Complaint complaint_;
  std::vector<Row> events_;  ///< index: seq - 1
  std::deque<Settlement> queue_;
  // Durable.
  Seq cursor_;
  std::set<Seq> ahead_;  ///< settled or deferred beyond the cursor
  std::map<Seq, Deferred> deferred_;
  std::map<Seq, DeadEvent> dead_;
  std::set<Seq> delivered_;
  std::set<Seq> filtered_;
  std::set<Seq> evicted_;
  std::map<std::string, std::string> state_rows_;
  std::set<std::string> emitted_;  ///< ids
};

}  // namespace tidegate::testing
