#pragma once

#include <string>
#include <string_view>

#include "gateway/event/event.h"
#include "gateway/transform/transform.h"

namespace tidegate::testing {

/// The options of a `transform:` section. What is wrong with the text fails the test.
TransformOptions transform_options_of(std::string_view yaml);
/// What is said of one that is wrong.
std::string transform_mistake(std::string_view yaml);

/// A reading of a sensor, with captures site=hall-2 and device=t1.
Event reading(std::string data = R"({"value":21.50,"unit":"C","tags":["a","b"],"pos":{"x":1,"y":null}})");
Captures reading_captures();

/// What the transform makes of an event: the event, or the reason why not.
struct Outcome {
  Event event;
  std::string fault;
};
Outcome transformed(std::string_view yaml, const Event& event);
/// The payload alone, or "FAULT: " and the reason.
std::string payload_of(std::string_view yaml, const Event& event = reading());

}  // namespace tidegate::testing
