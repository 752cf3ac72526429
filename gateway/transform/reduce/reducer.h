#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/delivery/shaper.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/spool/spool.h"
#include "gateway/transform/reduce/field_reader.h"
#include "gateway/transform/reduce/options.h"
#include "gateway/transform/reduce/reduction.h"
#include "gateway/transform/reduce/windows.h"

namespace tidegate {

/// What a reducer is made of.
struct ReducerSetup {
  std::vector<ReduceStep> steps;
  TopicFilter topic;         ///< of the route: where captures come from
  std::string lane;          ///< "gateway/route/sink": makes the ids of what it emits its own
  InternalSources internal;  ///< whose events are not judged, or apart
};

/// A route's `reduce`: decides event by event, in the order of the log, which leave. What it remembers is stored with
/// the fates that it gave, so that it can go on after a crash: an event that it let leave before is let leave again
/// without being judged twice. *Threads*: one user at a time.
class Reducer {
 public:
  explicit Reducer(const ReducerSetup& setup);

  /// Goes on from the rows that take_changes() gave, before the first judge(). What steps stored that the config has
  /// no more is given up; a window of theirs is emitted as far as it came.
  void restore(const std::vector<std::pair<std::string, std::string>>& rows);

  /// Nothing: the event leaves. Otherwise the word by which its removal is counted. Each event once, ascending; `time`
  /// is its own.
  std::optional<std::string_view> judge(const StoredEvent& stored, WallTime time, Instant now);

  /// As Shaper says.
  void tick(Instant now, bool at_end);
  [[nodiscard]] SteadyTime look_again() const;
  Shaper::Changes take_changes();

  /// Keys that were given up since the start, because a step's max_keys was reached.
  [[nodiscard]] std::uint64_t keys_forgotten() const;

 private:
  struct Leftover {
    std::string row_key;
    std::optional<Event> window;  ///< that it becomes
  };

  void add(const ReduceStep& step, std::size_t number);
  [[nodiscard]] bool restore_row(const std::string& key, const std::string& row);
  void give_up(const std::vector<std::pair<std::string, std::string>>& rows);

  std::string lane_;
  InternalSources internal_;
  FieldReader reader_;
  std::vector<std::unique_ptr<Reduction>> steps_;
  std::optional<Windows> windows_;  ///< the last step
  Seq judged_to_;                   ///< before the start: what is unsettled up to here leaves
  std::vector<Leftover> leftovers_;
};

}  // namespace tidegate
