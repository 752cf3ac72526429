#include "gateway/transform/lane_shaper.h"

#include <utility>

#include "gateway/transform/jq_step.h"
#include "gateway/transform/limits.h"
#include "gateway/transform/reduce/reducing_shaper.h"
#include "gateway/transform/timed_shaper.h"
#include "gateway/transform/transform.h"

namespace tidegate {

namespace {

using Fault = std::optional<std::string>;

/// All of a transform but the time.
class TransformShaper final : public Shaper {
 public:
  TransformShaper(TopicFilter topic, const TransformOptions& transform, std::string route)
      : topic_(std::move(topic)), transform_(transform, std::move(route)) {
    if (transform.jq) jq_.emplace(transform.jq->text);
  }

  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant /*now*/) override { return transformed(events); }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant /*now*/) override { return transformed(events); }
  [[nodiscard]] std::string trouble() const override { return jq_ ? jq_->trouble() : std::string(); }

 private:
  std::vector<Shaped> transformed(std::span<const StoredEvent> events) {
    if (jq_) return transformed_by_jq(events);
    std::vector<Shaped> shaped;
    shaped.reserve(events.size());
    std::size_t bytes = 0;
    for (const StoredEvent& stored : events) {
      if (bytes > limits::kShapedBytesMax) break;
      Shaped& made = shaped.emplace_back();
      settle(made, add_part(stored.event, captures_of(topic_, stored.event.subject), made));
      if (!made.outs.empty()) bytes += made.outs[0].event.data.size();
    }
    return shaped;
  }

  std::vector<Shaped> transformed_by_jq(std::span<const StoredEvent> events) {
    std::vector<JqAnswer> answers = jq_->run(events, topic_);
    std::vector<Shaped> shaped(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      settle(shaped[i], add_parts(events[i].event, std::move(answers[i]), shaped[i]));
    }
    return shaped;
  }

  static void settle(Shaped& made, Fault fault) {
    if (fault) {
      made = {Shaped::Kind::failed, {}, false, std::move(*fault)};
    } else if (made.outs.empty()) {
      made = {Shaped::Kind::filtered, {}, false, "transform"};
    } else {
      made.changed = true;
    }
  }

  Fault add_parts(const Event& event, JqAnswer answer, Shaped& made) {
    if (answer.failure) return "jq: " + *answer.failure;
    for (const Event& part : jq_parts(event, std::move(answer.outputs))) {
      if (Fault fault = add_part(part, captures_of(topic_, event.subject), made)) return fault;
    }
    return std::nullopt;
  }

  Fault add_part(const Event& event, Captures captures, Shaped& made) {
    OutEvent& out = made.outs.emplace_back();
    out.captures = std::move(captures);
    return transform_.apply(event, out.captures, out.event);
  }

  TopicFilter topic_;
  std::optional<JqStep> jq_;
  Transform transform_;
};

}  // namespace

std::unique_ptr<Shaper> make_lane_shaper(LaneShaperSetup setup) {
  std::unique_ptr<Shaper> shaper;
  if (setup.transform) {
    shaper = std::make_unique<TransformShaper>(setup.topic, *setup.transform, std::move(setup.route));
  } else {
    shaper = make_capture_shaper(setup.topic);
  }
  // Also without steps: what earlier ones stored is still to be given up.
  shaper = make_reducing_shaper({std::move(setup.reduce), setup.topic, std::move(setup.lane), setup.internal},
                                std::move(shaper));
  if (!setup.transform || !setup.transform->time) return shaper;
  return make_timed_shaper(*std::move(setup.transform->time), std::move(setup.topic), setup.internal.window,
                           std::move(shaper));
}

}  // namespace tidegate
