#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/event/event.h"
#include "gateway/event/json_scan.h"
#include "gateway/routing/field_names.h"
#include "gateway/routing/pattern_ast.h"

namespace tidegate {

/// The fields that a matcher looks at.
struct EventFields {
  enum Envelope : std::uint8_t { id, source, type, subject, datacontenttype, time };

  FieldNames names;
  std::array<FieldId, 6> envelope{kNoField, kNoField, kNoField, kNoField, kNoField, kNoField};
  std::vector<FieldId> levels;   ///< of the subject, from the first
  bool with_data = false;        ///< some are in the payload
  bool with_attributes = false;  ///< some may be attributes
  std::vector<bool> numbers;     ///< by field: whether its numbers are compared
};

/// A container that is an element of an array, within which values lie.
struct EventElement {
  std::uint32_t parent;  ///< the element that its array lies in; 0: none
  std::uint32_t array;   ///< an index of EventElements::array_ends
  bool first;            ///< of its array
};

/// All of them: what contains comes before what it contains, which is without gaps. The first stands for no element.
struct EventElements {
  std::vector<EventElement> elements;
  std::vector<std::uint32_t> array_ends;  ///< by array: the element behind all that lie in it
};

/// A value of a field.
struct EventValue {
  PlainValue plain;
  std::uint32_t element;  ///< the innermost it lies in, an index of EventElements::elements; 0: none
  std::uint32_t next;     ///< of the same field
};

/// The values that an event has for the fields of a matcher. Reused from event to event.
class EventValues {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /// Replaces what was read before. The texts are views into `event` and this.
  void read(const Event& event, const EventFields& fields);

  /// Forgets what was read.
  void clear();

  /// False when the payload is no JSON, or nobody looks at it.
  [[nodiscard]] bool has_data() const noexcept { return has_data_; }
  /// The fields that have values.
  [[nodiscard]] std::span<const FieldId> present() const noexcept { return present_; }
  /// The first value of a field, in the order of the payload; kNone when there is none.
  [[nodiscard]] std::uint32_t first(FieldId field) const noexcept { return lists_[field].first; }
  [[nodiscard]] const EventValue& value(std::uint32_t at) const noexcept { return values_[at]; }
  /// Whether some value of the field lies in an element.
  [[nodiscard]] bool in_elements(FieldId field) const noexcept { return lists_[field].in_elements; }
  /// Whether some value does.
  [[nodiscard]] bool any_in_elements() const noexcept { return any_in_elements_; }
  [[nodiscard]] const EventElements& elements() const noexcept { return elements_; }

 private:
  struct List {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    bool in_elements = false;
  };

  void clear(std::size_t fields);
  bool read_data(std::string_view data);
  void read_envelope(const Event& event);
  JsonScan::At read_value(JsonScan& scan, JsonScan::At at, FieldNames::Node node);
  JsonScan::At read_array(JsonScan& scan, JsonScan::At at, FieldNames::Node node);
  std::string_view content(std::string_view written);
  void add(FieldId field, ValueType type, std::string_view text);

  const EventFields* fields_ = nullptr;
  std::vector<List> lists_;
  std::vector<FieldId> present_;
  std::vector<EventValue> values_;
  EventElements elements_;
  std::uint32_t inside_ = 0;  ///< the element that is being read
  bool has_data_ = false;
  bool any_in_elements_ = false;
  std::deque<std::string> unescaped_;  ///< as many as there were at most; texts do not move
  std::size_t unescaped_used_ = 0;
  std::string time_;
};

}  // namespace tidegate
