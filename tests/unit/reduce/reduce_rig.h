#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/transform/reduce/reducer.h"

namespace tidegate::testing {

inline constexpr InternalSources kInternal{SourceId{101}, SourceId{102}, SourceId{103}};

/// Fields by name.
std::vector<EventField> fields(const std::vector<std::string>& names);

/// A reducer whose rows are kept as the spool would; the test owns the time. The filter is "site/{device}/#".
class ReduceRig {
 public:
  explicit ReduceRig(std::vector<ReduceStep> steps);

  /// What becomes of an event now: "" when it leaves, otherwise why not.
  std::string give(const std::string& data, const std::string& subject = "site/a/temp");
  /// As give(), for an event whose own time is `behind` now.
  std::string give_late(milliseconds behind, const std::string& data, const std::string& subject = "site/a/temp");
  std::string give(StoredEvent stored);
  StoredEvent stored(const std::string& data, const std::string& subject, SourceId source = SourceId{1});

  void advance(milliseconds by) { now_ += by; }
  void tick(bool at_end = true) { reducer->tick(now(), at_end); }
  [[nodiscard]] Instant now() const { return {SteadyTime{} + now_, start + now_}; }
  /// What was emitted since the last look; makes everything durable.
  std::vector<Event> emitted();
  /// The process dies: the reducer goes on from what is durable, with these steps.
  void restart(std::vector<ReduceStep> steps);
  void restart() { restart(steps_); }

  WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1}};
  std::map<std::string, std::string> rows;
  std::uint64_t last_seq = 0;
  std::unique_ptr<Reducer> reducer;

 private:
  std::vector<ReduceStep> steps_;
  milliseconds now_{0};
};

}  // namespace tidegate::testing
