#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/config_node.h"
#include "gateway/transform/event_time.h"
#include "gateway/transform/jq_source.h"
#include "gateway/transform/template.h"

namespace tidegate {

/// Attributes by name, each with its template.
using AttributeTemplates = std::vector<std::pair<std::string, Template>>;

/// `transform:` of a route.
struct TransformOptions {
  std::optional<EventTimeOptions> time;
  std::optional<JqSource> jq;
  std::optional<Template> shape;  ///< of the payload
  AttributeTemplates set;
  std::vector<std::string> drop;  ///< names of attributes
  std::optional<Template> type;
  std::optional<Template> subject;
  std::optional<Template> source;
  std::optional<Template> data_schema;

  /// Everything that an event fills, in no particular order.
  [[nodiscard]] std::vector<const Placeholder*> placeholders() const;
};

/// *Errors*: the place and a sentence.
std::variant<AttributeTemplates, TreeFault> read_attribute_templates(const ConfigNode& node);
std::variant<Template, TreeFault> read_type_template(const ConfigNode& node);
std::variant<Template, TreeFault> read_schema_template(const ConfigNode& node);

}  // namespace tidegate
