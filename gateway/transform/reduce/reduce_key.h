#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/transform/reduce/event_field.h"
#include "gateway/transform/reduce/field_reader.h"

namespace tidegate {

/// The values of some fields as bytes: equal when, and only when, the values are (long ones: as good as).
class ReduceKey {
 public:
  ReduceKey(const std::vector<EventField>& fields, FieldReader& reader);

  /// False: the event has none of the fields.
  bool append(const FieldReader& values, std::string& out) const;

 private:
  std::vector<std::size_t> numbers_;
};

/// The values that ReduceKey::append() wrote, as a JSON object with these names. Bytes it did not write give an object
/// that lacks some.
std::string key_as_json(std::string_view key, const std::vector<std::string>& names);

}  // namespace tidegate
