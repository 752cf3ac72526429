#include "connectors/fields/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/config/config.h"
#include "gateway/config/option_table.h"

namespace tidegate::fields {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;

struct Part {
  Text name = "${type}";
  std::string plain;
};
struct Options {
  std::optional<Text> group;
  Text kind = "${type}";
  TextMap labels;
  Part part;
  std::vector<Part> parts;
  std::string plain;
};

const OptionTableOf<Part>& part_table() {
  static const auto table = OptionTableOf<Part>("A part.")
                                .tree("name", &Part::name, text_from, kTextSyntax, "Its name.")
                                .option("plain", &Part::plain, "A plain text.")
                                .shorthand("name");
  return table;
}

const OptionTableOf<Options>& table() {
  static const auto made = OptionTableOf<Options>("A sink.")
                               .tree("group", &Options::group, text_from, kTextSyntax, "A group.")
                               .tree("kind", &Options::kind, text_from, kTextSyntax, "A kind.")
                               .tree("labels", &Options::labels, text_map_from, kTextMapSyntax, "Labels.")
                               .section("part", &Options::part, part_table(), "A part.")
                               .list("parts", &Options::parts, part_table(), "Parts.")
                               .option("plain", &Options::plain, "A plain text.");
  return made;
}

const OptionTable* sink_options() { return &table(); }

const OptionTable* source_options() {
  static const auto made = OptionTableOf<Part>("A source.").option("plain", &Part::plain, "A plain text.");
  return &made;
}

/// A config whose one sink has these options, with NAME=value in the environment.
LoadedConfig loaded(const std::string& options) {
  static const std::vector<ConnectorType> types{{"store", "A store.", source_options, nullptr, sink_options, nullptr}};
  return load_config_text("sources: { floor: { type: store } }\nroutes: { all: { to: s } }\nsinks:\n  s: " + options,
                          "site.yaml", types, [](const std::string& name) -> std::optional<std::string> {
                            return name == "NAME" ? std::optional<std::string>("value") : std::nullopt;
                          });
}

TEST(FieldText, APlaceholderInItIsTheEventsAndAVariableElsewhereIsTheEnvironments) {
  const LoadedConfig config = loaded(
      "{ type: store, group: 'g-${data.line}', plain: '${NAME}', labels: { site: '${captures.site}' }, "
      "part: { name: '${subject}', plain: '${NAME}' }, parts: [ '${id}', { name: '${time}', plain: '${NAME}' } ] }");
  ASSERT_TRUE(config.config) << config.diagnostics.text();
  const auto& options = std::any_cast<const Options&>(config.config->sinks.at(0).options);
  EXPECT_EQ(options.plain, "value");
  EXPECT_EQ(options.part.plain, "value");
  EXPECT_EQ(options.part.name.written(), "${subject}");
  ASSERT_EQ(options.parts.size(), 2u);
  EXPECT_EQ(options.parts[0].name.written(), "${id}");
  EXPECT_EQ(options.parts[1].plain, "value");

  const std::string said =
      loaded("{ type: store, plain: '${data.line}', parts: [ { name: '${time}', plain: '${OTHER}' } ] }")
          .diagnostics.text();
  EXPECT_THAT(said, HasSubstr("\"${data.line}\" names no variable"));
  EXPECT_THAT(said, HasSubstr("the environment has no OTHER"));
}

TEST(FieldText, IsReadByTheOptionTable) {
  const auto read = table().parse_text("{ group: 'g-${data.line}', labels: { site: '${captures.site}', a: b } }");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(read->group);
  EXPECT_EQ(read->group->written(), "g-${data.line}");
  EXPECT_EQ(read->group->filled().placeholders().size(), 1u);
  EXPECT_EQ(read->kind.written(), "${type}");
  EXPECT_THAT(read->labels.entries, ElementsAre(Key("site"), Key("a")));
}

TEST(FieldText, MistakesNameTheirPlace) {
  const auto mistake = [](std::string_view yaml) {
    const auto read = table().parse_text(yaml);
    return read ? std::string("none") : read.error().message;
  };
  EXPECT_THAT(mistake("group: ${dta.line}"), HasSubstr("1:8: error: group: \"${dta.line}\": there is no \"dta\""));
  EXPECT_THAT(mistake("group: ''"), HasSubstr("group: the text is empty"));
  EXPECT_THAT(mistake("group: [a]"), HasSubstr("group: a text is wanted here"));
  EXPECT_THAT(mistake("labels: text"), HasSubstr("labels: a map is wanted"));
  EXPECT_THAT(mistake("labels: { a: '${x}' }"), HasSubstr("there is no \"x\""));
}

TEST(FieldText, TheDefaultIsShownFromItsInitialiser) {
  const OptionDoc* kind = table().find("kind");
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->default_text, "${type}");
  EXPECT_TRUE(kind->filled_by_event);
  EXPECT_EQ(table().find("group")->default_text, std::nullopt);
  EXPECT_FALSE(table().find("plain")->filled_by_event);
  EXPECT_EQ(table().find("nothing"), nullptr);
}

TEST(FieldText, CapturesMustBeTheRoutes) {
  const auto route = TopicFilter::parse("sensors/{site}/+");
  ASSERT_TRUE(route);
  EXPECT_TRUE(check_captures("group", Text("${captures.site}-${data.x}"), *route));
  EXPECT_TRUE(check_captures("group", std::optional<Text>(), *route));
  const Status lacks = check_captures("group", std::optional<Text>("${captures.line}"), *route);
  ASSERT_FALSE(lacks);
  EXPECT_THAT(lacks.error().message, HasSubstr("the sink's group \"${captures.line}\" wants {line}"));
  const TextMap map{{{"line", "${captures.line}"}}};
  EXPECT_THAT(check_captures("labels", map, *route).error().message, HasSubstr("the sink's labels.line"));
}

}  // namespace
}  // namespace tidegate::fields
