#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/event/event.h"
#include "gateway/trial/trial_routes.h"

namespace tidegate {

/// What two configs do with the same events: which sink gets which by which route. What the events look like there is
/// not compared. *Threads*: one user at a time.
class RouteDiff {
 public:
  /// The configs outlive it.
  RouteDiff(const Config& before, const Config& after, std::size_t examples_max);

  struct Example {
    std::string subject, id;
    WallTime time{};
    std::string reason;  ///< why the one config does not send it there
  };
  /// A lane of either config, and what it would have got.
  struct Lane {
    std::string name;  ///< "route/sink"
    bool before = false, after = false;
    std::uint64_t both = 0, only_before = 0, only_after = 0;
    std::vector<Example> lost, gained;  ///< the first ones
  };

  /// Takes an event as it was stored. `source`: who brought it; empty: not known, any may have.
  void add(const Event& event, std::string_view source);

  /// Those of the new config in its order, then those that only the old one has.
  [[nodiscard]] const std::vector<Lane>& lanes() const noexcept { return lanes_; }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  /// Events that went somewhere and would go nowhere; and the other way round.
  [[nodiscard]] std::uint64_t nowhere_now() const noexcept { return nowhere_now_; }
  [[nodiscard]] std::uint64_t somewhere_now() const noexcept { return somewhere_now_; }
  [[nodiscard]] bool same() const noexcept;

 private:
  /// One of the two configs.
  struct Side {
    const Config& config;
    TrialRoutes routes;
    std::vector<std::vector<std::size_t>> lanes;         ///< by route: indices of lanes_
    std::vector<std::optional<std::size_t>> route_of{};  ///< by lane: index of its route
  };
  enum Mark : std::uint8_t { kBefore = 1, kAfter = 2 };

  void list_lanes(Side& side, bool after);
  bool mark(Side& side, const Event& event, std::string_view source, Mark mark);
  [[nodiscard]] std::string why_not(const Side& side, std::size_t lane, const Event& event,
                                    std::string_view source) const;

  Side before_, after_;
  std::size_t examples_max_;
  std::vector<Lane> lanes_;
  std::vector<std::uint8_t> marks_;    ///< by lane: who sends this event there
  std::vector<std::size_t> marked_{};  ///< lanes that anybody sends it to
  std::uint64_t events_ = 0, nowhere_now_ = 0, somewhere_now_ = 0;
};

}  // namespace tidegate
