#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/event/payload_path.h"

namespace tidegate {

/// A part of an event, by its name in the config: `subject`, `captures.site`, `attributes.qos`, `data.list[0].x`.
class EventField {
 public:
  enum class Kind : std::uint8_t {
    id,
    source,
    type,
    subject,
    datacontenttype,
    capture,
    attribute,
    data,   ///< the payload as it is
    value,  ///< inside a payload of JSON
  };

  /// *Errors*: invalid, with a phrase that goes on after the text.
  static Result<EventField> parse(std::string_view text);
  static EventField id() { return EventField(Kind::id, "id"); }
  static EventField subject() { return EventField(Kind::subject, "subject"); }
  static EventField data() { return EventField(Kind::data, "data"); }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Of a capture or an attribute: its name. Of a value: its path as it is written.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Of a value.
  [[nodiscard]] const PayloadPath& path() const noexcept { return path_; }

  friend bool operator==(const EventField&, const EventField&) = default;

 private:
  EventField(Kind kind, std::string_view text) : kind_(kind), text_(text) {}

  Kind kind_;
  std::string text_;
  std::string name_;
  PayloadPath path_;
};

}  // namespace tidegate
