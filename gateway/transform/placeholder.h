#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/base/config_node.h"
#include "gateway/event/payload_path.h"

namespace tidegate {

/// A place in a template that an event fills: ${data.value}, ${captures.site}, ${time.date}, ${data.unit ?? "C"}.
struct Placeholder {
  enum class Kind : std::uint8_t {
    data,    ///< the payload as JSON, or what `path` leads to in it
    text,    ///< the payload as text
    base64,  ///< the payload in base64
    capture,
    attribute,
    id,
    source,
    type,
    subject,
    time,
    datacontenttype,
    route,
  };
  Kind kind = Kind::data;
  std::string written;                        ///< without rules for what is missing, for messages: "data.value"
  std::string name;                           ///< of a capture or an attribute
  std::size_t part_at = 0;                    ///< of time: where its part stands in the text
  std::size_t part_size = std::string::npos;  ///< npos: all of it
  PayloadPath path;                           ///< of data
  bool optional = false;                      ///< `?`: may be missing
  std::string otherwise;                      ///< JSON in place of what is missing or null; empty: there is none
  Position at;
};

/// Reads what stands after "${" at the front of `rest`, and takes it off with its }. `rest` is UTF-8. *Errors*: a
/// sentence.
std::variant<Placeholder, std::string> take_placeholder(std::string_view& rest);

}  // namespace tidegate
