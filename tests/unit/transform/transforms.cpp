#include "transforms.h"

#include <gtest/gtest.h>

#include "gateway/config/sections.h"
#include "gateway/transform/lane_shaper.h"

namespace tidegate::testing {

TransformOptions transform_options_of(std::string_view yaml) {
  auto read = transform_options().parse_text(yaml);
  if (read) return *std::move(read);
  ADD_FAILURE() << read.error().message;
  return {};
}

std::string transform_mistake(std::string_view yaml) {
  const auto read = transform_options().parse_text(yaml);
  return read ? "" : read.error().message;
}

Event reading(std::string data) {
  Event event;
  event.id = "e1";
  event.source = "/plant-7/floor";
  event.type = "tidegate.mqtt.message";
  event.subject = "sensors/hall-2/t1";
  event.time = WallTime{milliseconds{1'767'225'600'123}};
  event.data = std::move(data);
  event.attributes = {{"qos", "1"}, {"line", "4"}};
  return event;
}

Captures reading_captures() { return {{"site", "hall-2"}, {"device", "t1"}}; }

Outcome transformed(std::string_view yaml, const Event& event) {
  const auto shaper = make_lane_shaper(
      {*TopicFilter::parse("sensors/{site}/{device}"), transform_options_of(yaml), {}, {}, {}, "readings"});
  StoredEvent stored{Seq{1}, event};
  std::vector<Shaped> shaped = shaper->shape(std::span(&stored, 1), {});
  if (shaped.at(0).outs.empty()) return {{}, shaped[0].reason};
  return {std::move(shaped[0].outs[0].event), {}};
}

std::string payload_of(std::string_view yaml, const Event& event) {
  const Outcome out = transformed(yaml, event);
  return out.fault.empty() ? out.event.data : "FAULT: " + out.fault;
}

}  // namespace tidegate::testing
