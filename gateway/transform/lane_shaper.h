#pragma once

#include <memory>
#include <optional>

#include "gateway/delivery/shaper.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/transform/options.h"

namespace tidegate {

/// What a route makes of its events.
struct LaneShaperSetup {
  TopicFilter topic;
  std::optional<TransformOptions> transform;
};

/// The shaper of one lane of the route.
std::unique_ptr<Shaper> make_lane_shaper(LaneShaperSetup setup);

}  // namespace tidegate
