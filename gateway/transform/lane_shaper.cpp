#include "gateway/transform/lane_shaper.h"

#include <utility>

#include "gateway/transform/limits.h"
#include "gateway/transform/transform.h"

namespace tidegate {

namespace {

class LaneShaper final : public Shaper {
 public:
  LaneShaper(TopicFilter topic, TransformOptions transform)
      : topic_(std::move(topic)), transform_(std::move(transform)) {}

  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant /*now*/) override { return transformed(events); }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant /*now*/) override { return transformed(events); }

 private:
  std::vector<Shaped> transformed(std::span<const StoredEvent> events) {
    std::vector<Shaped> shaped;
    shaped.reserve(events.size());
    std::size_t bytes = 0;
    for (const StoredEvent& stored : events) {
      if (bytes > limits::kShapedBytesMax) break;
      Shaped& made = shaped.emplace_back();
      made.changed = true;
      OutEvent& out = made.outs.emplace_back();
      out.captures = captures_of(topic_, stored.event.subject);
      if (auto fault = transform_.apply(stored.event, out.captures, out.event)) {
        made = {Shaped::Kind::failed, {}, false, std::move(*fault)};
      } else {
        bytes += out.event.data.size();
      }
    }
    return shaped;
  }

  TopicFilter topic_;
  Transform transform_;
};

}  // namespace

std::unique_ptr<Shaper> make_lane_shaper(LaneShaperSetup setup) {
  if (!setup.transform) return make_capture_shaper(std::move(setup.topic));
  return std::make_unique<LaneShaper>(std::move(setup.topic), *std::move(setup.transform));
}

}  // namespace tidegate
