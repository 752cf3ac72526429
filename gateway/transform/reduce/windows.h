#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/delivery/shaper.h"
#include "gateway/transform/reduce/keyed_memory.h"
#include "gateway/transform/reduce/reduce_key.h"
#include "gateway/transform/reduce/reduction.h"
#include "gateway/transform/reduce/window_row.h"

namespace tidegate {

/// The last step of a reduction: sums events up, and emits one event per window and key. A window ends with the first
/// event of its key that belongs to a later one, or by the gateway's clock. *Threads*: one user at a time.
class Windows {
 public:
  /// `lane` makes the ids of what it emits its own; `tag` names its rows.
  Windows(const WindowOptions& options, const std::string& tag, std::string lane, FieldReader& reader);

  enum class Verdict : std::uint8_t {
    summed_up,
    leaves,   ///< as it is: it has none of the fields, or is late and may pass
    dropped,  ///< late
  };
  Verdict take(const Reading& reading, WallTime now);

  /// Ends what is over by the gateway's clock, when nothing lies unread in the log.
  void tick(Instant now, bool at_end);
  [[nodiscard]] SteadyTime look_again() const;

  /// True when the row is one of its own.
  bool restore(std::string_view row_key, std::string_view row);
  /// Every row has been given.
  void restored();
  void take_changes(Shaper::Changes& out);
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return memory_.forgotten(); }

 private:
  using Memory = KeyedMemory<KeyWindow>;

  [[nodiscard]] WallTime start_of(WallTime time) const;
  [[nodiscard]] bool is_ahead(WallTime start, WallTime now) const;
  [[nodiscard]] bool has_fields(const FieldReader& values) const;
  void enter(OpenWindow& window, const Reading& reading) const;
  /// Ends a key's open window, if any.
  void end(KeyWindow& window, std::string_view key);
  /// `key` has an open window.
  void end_by_clock(const std::string& key);

  WindowOptions options_;
  WindowShape shape_;
  std::string tag_;
  std::string lane_;
  ReduceKey key_of_;
  std::vector<std::size_t> fields_;
  Memory memory_;
  bool shape_stored_ = false;
  std::string key_;                                  ///< of the event at hand
  std::set<std::pair<WallTime, std::string>> ends_;  ///< of open windows, with their keys
  std::vector<Event> emitted_;
  SteadyTime next_end_ = SteadyTime::max();
  bool more_due_ = false;  ///< tick() left some for later
};

}  // namespace tidegate
