#include "connectors/fields/text_fields.h"

#include <utility>

namespace tidegate::fields {

Field TextFields::add(Template from) {
  from.bind(values_);
  templates_.push_back(std::move(from));
  return Field(static_cast<std::uint32_t>(templates_.size() - 1));
}

void TextFields::read(const OutEvent& event) {
  event_ = &event;
  if (!values_.empty()) values_.read(event.event.data);
}

Status TextFields::append(Field field, std::string& out, std::size_t bytes_max) const {
  const std::size_t start = out.size();
  if (auto fault = templates_[field.value].append_to(out, bytes_max, input())) {
    out.resize(start);
    return Error{ErrorCode::invalid, *std::move(fault)};
  }
  return {};
}

bool TextFields::is_nothing(Field field) const { return templates_[field.value].is_nothing(input()); }

}  // namespace tidegate::fields
