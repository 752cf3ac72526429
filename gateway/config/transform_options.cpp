#include "gateway/config/sections.h"

namespace tidegate {

const OptionTableOf<TransformOptions>& transform_options() {
  static const auto table =
      OptionTableOf<TransformOptions>(
          "What events look like when they leave. Texts and templates take placeholders: "
          "${data.value}, ${captures.site}, ${time}; see docs/shape-events.md.")
          .tree("jq", &TransformOptions::jq, read_jq_source, "a jq program",
                "Each output is the payload of an event; none: the event does not leave. Before all others.")
          .tree("template", &TransformOptions::shape, Template::parse_shape, "any YAML, or JSON as a text",
                "The new payload, as JSON. A value that is one placeholder alone keeps its type.")
          .tree("set", &TransformOptions::set, read_attribute_templates, "a map of texts",
                "Attributes to add or replace.")
          .option("drop", &TransformOptions::drop, "Names of attributes to leave out, one or a list.")
          .tree("type", &TransformOptions::type, read_type_template, "text with placeholders", "The new type.")
          .tree("subject", &TransformOptions::subject, Template::parse_text, "text with placeholders",
                "The new subject. The order of events goes by the old one.")
          .tree("source", &TransformOptions::source, read_type_template, "text with placeholders", "The new source.")
          .tree("data_schema", &TransformOptions::data_schema, read_schema_template, "text with placeholders",
                "The attribute `dataschema`: an absolute URI that says what the payload looks like.");
  return table;
}

}  // namespace tidegate
