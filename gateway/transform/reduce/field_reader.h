#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/event/event.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/transform/reduce/event_field.h"

namespace tidegate {

/// What an event has at a field.
struct FieldValue {
  enum class Kind : std::uint8_t {
    missing,
    text,  ///< `text` is the value
    json,  ///< `text` is the value as JSON, numbers in their shortest form
  };
  Kind kind = Kind::missing;
  std::string_view text;         ///< into the event, or into the reader
  std::optional<double> number;  ///< of json: when it is one

  [[nodiscard]] bool missing() const noexcept { return kind == Kind::missing; }
};

/// Finds the fields that somebody asked for, in every event once: a payload is parsed at most once, and only when one
/// of them lies inside it. *Threads*: one user at a time.
class FieldReader {
 public:
  explicit FieldReader(TopicFilter topic);
  ~FieldReader();
  FieldReader(FieldReader&&) noexcept;
  FieldReader& operator=(FieldReader&&) noexcept;

  /// The number under which values() has the field. The same field has one number.
  std::size_t want(const EventField& field);
  /// Reads them. A payload that is no JSON has no field inside it.
  void read(const Event& event);
  /// Of the event read last; valid as long as it is and until the next.
  [[nodiscard]] const FieldValue& operator[](std::size_t number) const noexcept { return values_[number]; }

 private:
  struct Parser;

  void read_payload(const Event& event);

  TopicFilter topic_;
  std::vector<EventField> fields_;
  std::vector<FieldValue> values_;
  std::vector<std::string> texts_;  ///< what values_ of JSON point into
  bool inside_payload_ = false;
  bool captures_ = false;
  std::unique_ptr<Parser> parser_;
};

}  // namespace tidegate
