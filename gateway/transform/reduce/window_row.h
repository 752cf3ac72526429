#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/event/event.h"
#include "gateway/spool/varint.h"

namespace tidegate {

/// A field's numbers, summed up.
struct Summary {
  std::uint64_t count = 0;
  double min = 0, max = 0, mean = 0, last = 0;

  void add(double number) noexcept;
};

/// A window that events still enter.
struct OpenWindow {
  WallTime start{};
  Seq first;  ///< event
  std::uint64_t count = 0;
  std::string subject, source, hops;  ///< of the event that entered last
  std::vector<Summary> fields;
};

/// What is remembered of a key.
struct KeyWindow {
  WallTime ended = WallTime::min();  ///< what lies before it is over
  std::optional<OpenWindow> open;

  void write(std::string& out) const;
  void read(ByteReader& reader);
};

/// What the windows of a step have in common; enough to end them when the config does not have the step any more.
struct WindowShape {
  milliseconds every{};
  std::vector<std::string> key_names;
  std::vector<std::string> field_names;

  void write(std::string& out) const;
  void read(ByteReader& reader);
};

/// The `type` of the event that a window becomes.
inline constexpr std::string_view kWindowType = "tidegate.window";

/// What leaves in place of the events of a window. Its id depends on the lane, the key, the window and the event that
/// opened it: the same window, ended once more after a crash, has the same id.
Event window_event(const WindowShape& shape, std::string_view lane, std::string_view key, const OpenWindow& window);

}  // namespace tidegate
