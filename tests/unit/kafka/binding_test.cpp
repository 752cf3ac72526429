// The features of the CloudEvents specification for Kafka, read backwards: they say what a receiver finds in a message;
// the writer must make that message of those attributes.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "connectors/kafka/message.h"
#include "gateway/event/rfc3339.h"
#include "tests/support/files/shared_data.h"

namespace tidegate::kafka {
namespace {

using Table = std::map<std::string, std::string>;

std::string trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") - from + 1));
}

/// What the steps of one scenario give: the texts between """ and the tables, in their order.
struct Scenario {
  std::string name;
  std::vector<std::string> texts;
  std::vector<Table> tables;
};

std::vector<Scenario> read_scenarios(const std::filesystem::path& file) {
  std::vector<Scenario> all;
  std::ifstream in(file);
  bool in_text = false, in_table = false;
  for (std::string line; std::getline(in, line);) {
    const std::string text = trimmed(line);
    if (text.starts_with("Scenario")) all.push_back({text, {}, {}});
    if (all.empty()) continue;
    Scenario& now = all.back();
    const bool is_row = !in_text && text.starts_with("|");
    if (text == "\"\"\"") {
      in_text = !in_text;
      if (in_text) now.texts.emplace_back();
    } else if (in_text) {
      now.texts.back() += text + "\n";
    } else if (is_row) {
      std::istringstream cells(text.substr(1));
      std::string key, value;
      std::getline(cells, key, '|');
      std::getline(cells, value, '|');
      if (in_table) now.tables.back()[trimmed(key)] = trimmed(value);
      if (!in_table) now.tables.emplace_back();  // the first row names the columns
    }
    in_table = is_row;
  }
  return all;
}

OutEvent event_of(const Table& attributes, const std::string& data) {
  OutEvent out;
  out.event.id = attributes.at("id");
  out.event.type = attributes.at("type");
  out.event.source = attributes.at("source");
  out.event.datacontenttype = attributes.at("datacontenttype");
  const auto time = parse_rfc3339(attributes.at("time"));
  EXPECT_TRUE(time);
  if (time) out.event.time = *time;
  out.event.data = trimmed(data);
  return out;
}

SinkOptions with_format(const std::string& format) {
  auto options = sink_table().parse_text("brokers: a\ntopic: t\nformat: " + format);
  EXPECT_TRUE(options);
  return options ? *std::move(options) : SinkOptions{};
}

class KafkaBinding : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path data = test::shared_data(TIDEGATE_SOURCE_DIR);
    if (data.empty()) GTEST_SKIP() << "the features of the specification are not here";
    scenarios_ = read_scenarios(data / "cloudevents/features/kafka-protocol-binding.feature");
    ASSERT_EQ(scenarios_.size(), 2u);
  }
  std::vector<Scenario> scenarios_;
};

TEST_F(KafkaBinding, BinaryModeHasTheHeadersOfTheFeature) {
  const Scenario& scenario = scenarios_[0];
  ASSERT_EQ(scenario.tables.size(), 2u);
  Table wanted = scenario.tables[0];
  MessageWriter writer(with_format("cloudevents_binary"));
  Outgoing out;
  const OutEvent event = event_of(scenario.tables[1], scenario.texts.at(1));
  ASSERT_TRUE(writer.write(event, out));
  Table headers;
  for (const Header& header : out.headers()) headers[header.name] = header.value;
  EXPECT_EQ(parse_rfc3339(headers.at("ce_time")), parse_rfc3339(wanted.at("ce_time")));
  headers.erase("ce_time");
  wanted.erase("ce_time");
  EXPECT_EQ(headers, wanted);
  EXPECT_EQ(nlohmann::json::parse(out.value), nlohmann::json::parse(scenario.texts.at(0)));
}

TEST_F(KafkaBinding, StructuredModeHasTheValueAndTypeOfTheFeature) {
  const Scenario& scenario = scenarios_[1];
  ASSERT_GE(scenario.tables.size(), 3u);
  MessageWriter writer(with_format("cloudevents"));
  Outgoing out;
  ASSERT_TRUE(writer.write(event_of(scenario.tables[1], scenario.texts.at(1)), out));
  nlohmann::json made = nlohmann::json::parse(out.value), wanted = nlohmann::json::parse(scenario.texts.at(0));
  EXPECT_EQ(parse_rfc3339(made.at("time").get<std::string>()), parse_rfc3339(wanted.at("time").get<std::string>()));
  made.erase("time");
  wanted.erase("time");
  EXPECT_EQ(made, wanted);
  ASSERT_EQ(out.headers().size(), 1u);
  EXPECT_EQ(out.headers()[0].name, "content-type");
  EXPECT_EQ(scenario.tables[2].count(out.headers()[0].value), 1u) << out.headers()[0].value;
}

}  // namespace
}  // namespace tidegate::kafka
