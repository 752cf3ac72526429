#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/event/event.h"
#include "gateway/routing/route_table.h"

namespace tidegate {

/// The way in of a gateway, without the gateway: completes events as its intake does and says which routes want them.
/// *Threads*: one user at a time.
class TrialRoutes {
 public:
  /// The config outlives it.
  explicit TrialRoutes(const Config& config);

  /// Index of a source in the config; nullopt: it has none of that name.
  [[nodiscard]] std::optional<std::size_t> source(std::string_view name) const;
  /// Fills in what the producer left open, but for the id. No source: the event comes from somewhere.
  void complete(Event& event, std::optional<std::size_t> source, WallTime now) const;
  /// Indexes of the routes that want the event, ascending. No source: whatever `from` the routes have.
  const std::vector<std::size_t>& match(std::optional<std::size_t> source, const Event& event);
  /// The first condition of a route that an event fails, in the order topic, `from`, `match`; of one that match() did
  /// not name.
  [[nodiscard]] std::string why_not(std::size_t route, std::optional<std::size_t> source, const Event& event) const;

 private:
  const Config& config_;
  RouteTable table_;
  RouteTable from_anywhere_;  ///< the same routes without their `from`
  RouteTable::Scratch scratch_;
  std::vector<LaneId> lanes_;
  std::vector<std::size_t> routes_;
};

}  // namespace tidegate
