#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "gateway/config/limits.h"
#include "gateway/config/sections.h"

namespace tidegate {

namespace {

using Json = nlohmann::ordered_json;

/// Any value may come from the environment.
Json or_variable(Json value) { return {{"anyOf", Json::array({std::move(value), {{"$ref", "#/$defs/variable"}}})}}; }

Json number_json(double value) {
  return std::floor(value) == value ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

Json with_bounds(Json value, const Range& range) {
  if (std::isfinite(range.min)) value["minimum"] = number_json(range.min);
  if (std::isfinite(range.max)) value["maximum"] = number_json(range.max);
  return value;
}

Json table_schema(std::span<const OptionTable* const> tables);

Json section_schema(const OptionTable& table) {
  const OptionTable* const tables[] = {&table};
  Json schema = table_schema(tables);
  if (table.shorthand().empty()) return schema;
  return {{"anyOf", Json::array({{{"type", "string"}}, std::move(schema)})}};
}

/// The schema of one value of an option.
Json value_schema(const OptionDoc& option) {
  switch (option.kind) {
    case ValueKind::boolean: return or_variable({{"type", "boolean"}});
    case ValueKind::integer: return or_variable(with_bounds({{"type", "integer"}}, option.range));
    case ValueKind::number: return or_variable(with_bounds({{"type", "number"}}, option.range));
    case ValueKind::duration: return {{"$ref", "#/$defs/duration"}};
    case ValueKind::bytes: return {{"$ref", "#/$defs/size"}};
    case ValueKind::section: return section_schema(*option.section);
    case ValueKind::choice: {
      Json names = Json::array();
      for (const auto& choice : option.choices) {
        names.push_back(choice.name);
        // Editors read `version: 5` as a number.
        if (const auto number = read_number(choice.name)) names.push_back(number_json(*number));
      }
      return or_variable({{"enum", std::move(names)}});
    }
    case ValueKind::tree: {
      Json types = Json::array({"object", "array", "string"});
      if (option.filled_by_event) types.insert(types.end(), {"number", "boolean"});  // a text may look like one
      return {{"type", std::move(types)}};
    }
    case ValueKind::text:
    case ValueKind::path:
    case ValueKind::secret: return {{"type", Json::array({"string", "number", "boolean"})}};
  }
  return {};
}

Json option_schema(const OptionDoc& option) {
  Json value = value_schema(option);
  if (option.shape == OptionDoc::Shape::list) {
    Json list{{"type", "array"}, {"minItems", 1}, {"items", value}};
    value = {{"anyOf", Json::array({std::move(value), std::move(list)})}};
  } else if (option.shape == OptionDoc::Shape::map) {
    value = {{"type", "object"}, {"additionalProperties", std::move(value)}};
  }
  std::string doc = option.doc;
  if (option.default_text) doc += fmt::format(" Default: {}.", *option.default_text);
  Json schema{{"description", std::move(doc)}};
  schema.update(value);
  return schema;
}

Json table_schema(std::span<const OptionTable* const> tables) {
  Json properties = Json::object();
  Json required = Json::array();
  Json either = Json::array();
  for (const OptionTable* table : tables) {
    for (const OptionDoc& option : table->options()) {
      properties[option.name] = option_schema(option);
      if (!option.required) continue;
      if (option.companion.empty()) {
        required.push_back(option.name);
      } else {
        either.push_back({{"anyOf", Json::array({{{"required", {option.name}}}, {{"required", {option.companion}}}})}});
      }
    }
  }
  Json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (!either.empty()) schema["allOf"] = std::move(either);
  return schema;
}

/// A map of named parts, each of the schema.
Json named(std::string_view doc, Json each) {
  return {{"description", doc},
          {"type", "object"},
          {"minProperties", 1},
          {"propertyNames", {{"pattern", fmt::format("^[A-Za-z0-9_-]{{1,{}}}$", limits::kNameBytesMax)}}},
          {"additionalProperties", std::move(each)}};
}

/// One schema per connector, chosen by `type`; their definitions go to `definitions`.
Json connector_schema(const std::vector<ConnectorType>& types, bool sinks, Json& definitions) {
  Json names = Json::array();
  Json cases = Json::array();
  for (const ConnectorType& type : types) {
    const auto options = sinks ? type.sink_options : type.source_options;
    if (options == nullptr) continue;
    std::vector<const OptionTable*> tables{&connector_choice()};
    if (sinks) tables.push_back(&delivery_options());
    tables.push_back(options());
    const std::string definition = fmt::format("{}_{}", type.name, sinks ? "sink" : "source");
    definitions[definition] = table_schema(tables);
    definitions[definition]["properties"]["type"] = {{"description", type.summary}, {"const", type.name}};
    names.push_back(type.name);
    cases.push_back(
        {{"if", {{"properties", {{"type", {{"const", type.name}}}}}}}, {"then", {{"$ref", "#/$defs/" + definition}}}});
  }
  return {{"type", "object"},
          {"required", {"type"}},
          {"properties", {{"type", {{"enum", std::move(names)}}}}},
          {"allOf", std::move(cases)}};
}

}  // namespace

std::string json_schema(const std::vector<ConnectorType>& types) {
  Json definitions{
      {"variable", {{"type", "string"}, {"pattern", "^\\$\\{.*\\}$"}}},
      {"duration", {{"type", "string"}, {"pattern", "^[0-9]+ ?(ms|s|m|h|d)$|^\\$\\{.*\\}$"}}},
      {"size", {{"type", "string"}, {"pattern", "^[0-9]+ ?(B|[KMGT]i?B)$|^\\$\\{.*\\}$"}}},
  };
  const auto doc_of = [](std::string_view name) {
    return std::ranges::find(kTopLevelKeys, name, &TopLevelKey::name)->doc;
  };
  Json properties;
  properties["gateway"] = section_schema(gateway_options());
  properties["gateway"]["description"] = doc_of("gateway");
  properties["spool"] = section_schema(spool_options());
  properties["spool"]["description"] = doc_of("spool");
  properties["sources"] = named(doc_of("sources"), connector_schema(types, false, definitions));
  properties["sinks"] = named(doc_of("sinks"), connector_schema(types, true, definitions));
  properties["routes"] = named(doc_of("routes"), section_schema(route_options()));
  Json required = Json::array();
  for (const TopLevelKey& key : kTopLevelKeys) {
    if (key.required) required.push_back(key.name);
  }
  const Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                    {"title", "Tidegate config"},
                    {"type", "object"},
                    {"properties", std::move(properties)},
                    {"patternProperties", {{fmt::format("^{}", kIgnoredPrefix), true}}},
                    {"additionalProperties", false},
                    {"required", std::move(required)},
                    {"$defs", std::move(definitions)}};
  return schema.dump(2) + "\n";
}

}  // namespace tidegate
