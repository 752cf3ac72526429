#include "gateway/transform/transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"
#include "gateway/event/limits.h"
#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

using Fault = std::optional<std::string>;

constexpr std::string_view kSchema = "dataschema";

/// Payloads below this size cannot make a filled template nest deeper than JSON may.
constexpr std::size_t kDeepBytesMin = 2 * (limits::kJsonDepthMax - limits::kTemplateDepthMax);

Fault fill(const std::optional<Template>& from, std::string_view name, const std::string& as_it_is,
           const TemplateInput& input, std::string& out) {
  if (!from) {
    out = as_it_is;
    return std::nullopt;
  }
  Fault fault = from->append_to(out, limits::kEventAttributeBytesMax, input);
  if (fault) fault = fmt::format("{}: {}", name, *fault);
  return fault;
}

void put(std::vector<std::pair<std::string, std::string>>& attributes, std::string_view name, std::string value) {
  const auto found = std::ranges::find(attributes, name, [](const auto& attribute) { return attribute.first; });
  if (found == attributes.end()) {
    attributes.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

}  // namespace

Transform::Transform(TransformOptions options, std::string route)
    : options_(std::move(options)), route_(std::move(route)) {
  for (auto* part : {&options_.shape, &options_.type, &options_.subject, &options_.source, &options_.data_schema}) {
    if (*part) (*part)->bind(values_);
  }
  for (auto& [name, value] : options_.set) value.bind(values_);
}

std::optional<std::string> Transform::apply(const Event& in, const Captures& captures, Event& out) {
  if (!values_.empty()) values_.read(in.data);
  const TemplateInput input{in, captures, values_, route_};
  out.id = in.id;
  out.time = in.time;
  if (Fault fault = make_payload(input, out)) return fault;
  if (Fault fault = make_envelope(input, out)) return fault;
  if (Fault fault = make_attributes(input, out)) return fault;
  if (const Status fits = check_event(out); !fits) return fits.error().message;
  return std::nullopt;
}

Fault Transform::make_payload(const TemplateInput& input, Event& out) const {
  if (!options_.shape) {
    out.data = input.event.data;
    out.datacontenttype = input.event.datacontenttype;
    return std::nullopt;
  }
  if (Fault fault = options_.shape->append_to(out.data, limits::kEventDataBytesMax, input)) {
    return fmt::format("template: {}", *fault);
  }
  if (input.event.data.size() >= kDeepBytesMin && !is_embeddable_json(out.data)) {
    return fmt::format("template: the result is nested deeper than {} levels", limits::kJsonDepthMax);
  }
  out.datacontenttype = "application/json";
  return std::nullopt;
}

Fault Transform::make_envelope(const TemplateInput& input, Event& out) const {
  if (Fault fault = fill(options_.type, "type", input.event.type, input, out.type)) return fault;
  if (Fault fault = fill(options_.source, "source", input.event.source, input, out.source)) return fault;
  if (Fault fault = fill(options_.subject, "subject", input.event.subject, input, out.subject)) return fault;
  if (out.type.empty()) return "type: the text is empty";
  if (out.source.empty()) return "source: the text is empty";
  return std::nullopt;
}

Fault Transform::make_attributes(const TemplateInput& input, Event& out) const {
  const auto dropped = [this](const std::string& name) { return std::ranges::count(options_.drop, name) > 0; };
  out.attributes.reserve(input.event.attributes.size() + options_.set.size() + 1);
  for (const auto& attribute : input.event.attributes) {
    if (!dropped(attribute.first)) out.attributes.push_back(attribute);
  }
  for (const auto& [name, value] : options_.set) {
    if (value.is_nothing(input)) continue;
    std::string text;
    if (Fault fault = value.append_to(text, limits::kEventAttributeBytesMax, input)) {
      return fmt::format("set {}: {}", name, *fault);
    }
    put(out.attributes, name, std::move(text));
  }
  if (!options_.data_schema) return std::nullopt;
  std::string schema;
  if (Fault fault = fill(options_.data_schema, "data_schema", schema, input, schema)) return fault;
  if (!is_absolute_uri(schema)) return "data_schema: the text is no absolute URI";
  put(out.attributes, kSchema, std::move(schema));
  return std::nullopt;
}

}  // namespace tidegate
