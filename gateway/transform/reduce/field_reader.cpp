#include "gateway/transform/reduce/field_reader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/event/json_text.h"
#include "gateway/event/limits.h"
#include "gateway/transform/reduce/limits.h"

namespace tidegate {

namespace {

namespace dom = simdjson::dom;

void append_value(const dom::element& element, std::string& out, std::optional<double>& number) {
  switch (element.type()) {
    case dom::element_type::STRING: append_json_string(element.get_string().value_unsafe(), out); return;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      number = element.get_double().value_unsafe();
      // 21 and 21.0 are the same; integers past 2^53 keep their digits.
      if (element.type() == dom::element_type::DOUBLE) {
        fmt::format_to(std::back_inserter(out), "{}", *number);
      } else {
        out += simdjson::minify(element);
      }
      return;
    default: out += simdjson::minify(element); return;
  }
}

bool take_step(const PathStep& step, dom::element& at) {
  if (step.is_index) return at.is_array() && dom::array(at).at(step.index).get(at) == simdjson::SUCCESS;
  return at.is_object() && at.at_key(step.name).get(at) == simdjson::SUCCESS;
}

}  // namespace

struct FieldReader::Parser {
  dom::parser json;
};

FieldReader::FieldReader(TopicFilter topic) : topic_(std::move(topic)), parser_(std::make_unique<Parser>()) {}
FieldReader::~FieldReader() = default;
FieldReader::FieldReader(FieldReader&&) noexcept = default;
FieldReader& FieldReader::operator=(FieldReader&&) noexcept = default;

std::size_t FieldReader::want(const EventField& field) {
  const auto found = std::ranges::find(fields_, field);
  if (found != fields_.end()) return static_cast<std::size_t>(found - fields_.begin());
  inside_payload_ = inside_payload_ || field.kind() == EventField::Kind::value;
  captures_ = captures_ || field.kind() == EventField::Kind::capture;
  fields_.push_back(field);
  values_.emplace_back();
  texts_.emplace_back();
  return fields_.size() - 1;
}

void FieldReader::read(const Event& event) {
  using Kind = EventField::Kind;
  std::vector<std::pair<std::string_view, std::string_view>> captures;
  if (captures_) captures = topic_.captures(event.subject);
  const auto named = [](const auto& pairs, const std::string& name) -> FieldValue {
    for (const auto& [each, value] : pairs) {
      if (each == name) return {FieldValue::Kind::text, value, {}};
    }
    return {};
  };
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    FieldValue& value = values_[i];
    value = {FieldValue::Kind::text, {}, {}};
    switch (fields_[i].kind()) {
      case Kind::id: value.text = event.id; break;
      case Kind::source: value.text = event.source; break;
      case Kind::type: value.text = event.type; break;
      case Kind::subject: value.text = event.subject; break;
      case Kind::datacontenttype: value.text = event.datacontenttype; break;
      case Kind::data: value.text = event.data; break;
      case Kind::capture: value = named(captures, fields_[i].name()); break;
      case Kind::attribute: value = named(event.attributes, fields_[i].name()); break;
      case Kind::value: value = {}; break;
    }
  }
  if (inside_payload_) read_payload(event);
}

void FieldReader::read_payload(const Event& event) {
  dom::element root;
  if (parser_->json.parse(event.data).get(root) == simdjson::SUCCESS) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].kind() != EventField::Kind::value) continue;
      dom::element at = root;
      bool found = true;
      for (const PathStep& step : fields_[i].path()) found = found && take_step(step, at);
      if (!found) continue;
      texts_[i].clear();
      append_value(at, texts_[i], values_[i].number);
      values_[i].kind = FieldValue::Kind::json;
      values_[i].text = texts_[i];
    }
  }
  if (parser_->json.capacity() > limits::kReduceParserBytesMax) parser_ = std::make_unique<Parser>();
}

}  // namespace tidegate
