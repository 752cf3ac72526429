#include "gateway/routing/event_values.h"

#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"
#include "gateway/routing/event_fields.h"
#include "gateway/routing/kept_memory.h"
#include "gateway/routing/topic_levels.h"

namespace tidegate {

namespace {

using At = JsonScan::At;

std::string_view between(At from, At to) { return {from, static_cast<std::size_t>(to - from)}; }

}  // namespace

void EventValues::read(const Event& event, const EventFields& fields) {
  fields_ = &fields;
  clear(fields.numbers.size());
  if (fields.with_data) {
    has_data_ = read_data(event.data);
    if (!has_data_) clear(fields.numbers.size());
  }
  read_envelope(event);
}

void EventValues::clear() { clear(lists_.size()); }

void EventValues::clear(std::size_t fields) {
  for (const FieldId field : present_) lists_[field] = List{};
  present_.clear();
  if (lists_.size() < fields) lists_.resize(fields);
  clear_and_keep_some(values_);
  clear_and_keep_some(elements_.elements);
  elements_.elements.push_back({0, kNone, false});
  clear_and_keep_some(elements_.array_ends);
  inside_ = 0;
  has_data_ = false;
  any_in_elements_ = false;
  if (unescaped_.size() > limits::kMatcherKeptMax) unescaped_.clear();
  unescaped_used_ = 0;
}

bool EventValues::read_data(std::string_view data) {
  if (!is_utf8(data)) return false;
  JsonScan scan(data);
  const FieldNames::Node node = fields_->names.step(FieldNames::kRoot, kDataField);
  const At end = read_value(scan, scan.space(scan.begin()), node);
  return end != nullptr && scan.space(end) == scan.end();
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as limits::kJsonDepthMax
At EventValues::read_value(JsonScan& scan, At at, FieldNames::Node node) {
  const FieldId field = fields_->names.field(node);
  const bool goes_on = fields_->names.goes_on(node);
  switch (scan.peek(at)) {
    case '{':
      if (!goes_on) return scan.value(at);
      return scan.object(at, [&](std::string_view name, bool escaped, At member) {
        const auto child =
            fields_->names.step(node, escaped ? content(between(name.data() - 1, name.end() + 1)) : name);
        return child == FieldNames::kNowhere ? scan.value(member) : read_value(scan, member, child);
      });
    case '[': return read_array(scan, at, node);
    case '"': {
      bool escaped = false;
      const At end = scan.string(at, escaped);
      if (end == nullptr || field == kNoField) return end;
      add(field, ValueType::text, escaped ? content(between(at, end)) : between(at + 1, end - 1));
      return end;
    }
    default: {
      const At end = scan.plain(at);
      if (end == nullptr || field == kNoField) return end;
      const bool number = *at == '-' || (*at >= '0' && *at <= '9');
      add(field, number ? ValueType::number : ValueType::word, between(at, end));
      return end;
    }
  }
}

// NOLINTNEXTLINE(misc-no-recursion)
At EventValues::read_array(JsonScan& scan, At at, FieldNames::Node node) {
  auto& elements = elements_.elements;
  auto& array_ends = elements_.array_ends;
  const auto array = static_cast<std::uint32_t>(array_ends.size());
  array_ends.push_back(0);
  const std::uint32_t outside = inside_;
  bool is_first = true;
  at = scan.array(at, [&](At item) {
    const char first = scan.peek(item);
    // A value that is an element itself agrees with every other element: only containers keep their fields together.
    if (first == '{' || first == '[') {
      inside_ = static_cast<std::uint32_t>(elements.size());
      elements.push_back({outside, array, is_first});
      is_first = false;
    }
    const At end = read_value(scan, item, node);
    inside_ = outside;
    return end;
  });
  array_ends[array] = static_cast<std::uint32_t>(elements.size());
  return at;
}

std::string_view EventValues::content(std::string_view written) {
  if (unescaped_used_ == unescaped_.size()) unescaped_.emplace_back();
  std::string& text = unescaped_[unescaped_used_++];
  text = json_string_content(written);
  return text;
}

void EventValues::add(FieldId field, ValueType type, std::string_view text) {
  EventValue value{{type, text, std::nullopt}, inside_, kNone};
  if (type == ValueType::number && fields_->numbers[field]) value.plain.number = comparable_number(text);
  List& list = lists_[field];
  const auto at = static_cast<std::uint32_t>(values_.size());
  if (list.first == kNone) {
    list.first = at;
    present_.push_back(field);
  } else {
    values_[list.last].next = at;
  }
  list.last = at;
  if (inside_ != 0) list.in_elements = any_in_elements_ = true;
  values_.push_back(value);
}

void EventValues::read_envelope(const Event& event) {
  const auto put = [this](EventFields::Envelope which, std::string_view text) {
    if (fields_->envelope[which] != kNoField) add(fields_->envelope[which], ValueType::text, text);
  };
  put(EventFields::id, event.id);
  put(EventFields::source, event.source);
  put(EventFields::type, event.type);
  put(EventFields::subject, event.subject);
  if (!event.datacontenttype.empty()) put(EventFields::datacontenttype, event.datacontenttype);
  if (fields_->envelope[EventFields::time] != kNoField) {
    time_.clear();
    append_rfc3339(event.time, time_);
    put(EventFields::time, time_);
  }
  TopicLevels levels(event.subject);
  for (const FieldId level : fields_->levels) {
    if (levels.at_end()) break;
    const std::string_view text = levels.next();
    if (level != kNoField) add(level, ValueType::text, text);
  }
  if (!fields_->with_attributes) return;
  for (const auto& [name, text] : event.attributes) {
    const FieldNames::Node node = fields_->names.step(FieldNames::kRoot, name);
    if (node == FieldNames::kNowhere || fields_->names.field(node) == kNoField || is_taken_field(name)) continue;
    add(fields_->names.field(node), ValueType::text, text);
  }
}

}  // namespace tidegate
