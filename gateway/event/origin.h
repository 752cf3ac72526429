#pragma once

#include <string>
#include <string_view>

/// What the intake says of an event when its producer does not.
namespace tidegate {

/// The event's source: "/<gateway id>/<source name>".
inline std::string default_event_source(std::string_view gateway_id, std::string_view source) {
  std::string out = "/";
  out.append(gateway_id).append("/").append(source);
  return out;
}

/// The event's type: "tidegate.<connector>.message".
inline std::string default_event_type(std::string_view connector) {
  std::string out = "tidegate.";
  out.append(connector).append(".message");
  return out;
}

}  // namespace tidegate
