#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace tidegate {

/// An integer that stands for one kind of thing only; ids of different kinds do not mix.
template <class Tag, class Rep>
struct StrongId {
  Rep value{};

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

/// Position of an event in the spool's log. Starts at 1, grows by one per event, never reused; 0 is "before all".
using Seq = StrongId<struct SeqTag, std::uint64_t>;
/// A lane (one route feeding one sink). Assigned by the spool, kept for the life of the data directory.
using LaneId = StrongId<struct LaneTag, std::uint32_t>;
/// A source. Assigned by the spool, kept for the life of the data directory.
using SourceId = StrongId<struct SourceTag, std::uint32_t>;

}  // namespace tidegate

template <class Tag, class Rep>
struct std::hash<tidegate::StrongId<Tag, Rep>> {
  std::size_t operator()(tidegate::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value); }
};
