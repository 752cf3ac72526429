#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/delivery/shaper.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/spool/spool.h"
#include "gateway/transform/options.h"
#include "gateway/transform/reduce/options.h"

namespace tidegate {

/// What a route makes of its events.
struct LaneShaperSetup {
  TopicFilter topic;
  std::optional<TransformOptions> transform;
  std::vector<ReduceStep> reduce{};
  std::string lane{};          ///< "gateway/route/sink": makes the ids of what it emits its own
  InternalSources internal{};  ///< what brings windows back, and copies
  std::string route{};         ///< its name
};

/// The shaper of one lane of the route: the time of an event first, then what reduces, then the rest of the transform.
std::unique_ptr<Shaper> make_lane_shaper(LaneShaperSetup setup);

}  // namespace tidegate
