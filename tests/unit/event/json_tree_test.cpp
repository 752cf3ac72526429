#include "gateway/event/json_tree.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

ConfigNode tree(std::string_view json) { return std::get<ConfigNode>(read_json_tree(json)); }

std::pair<Position, std::string> fault(std::string_view json) {
  const auto fault = std::get<TreeFault>(read_json_tree(json));
  return {fault.at, fault.message};
}

TEST(JsonTree, KeepsWhatIsWritten) {
  const ConfigNode root = tree(R"( {"a": [1E-3, "1", true, null, -0], "a": {"b\u00e9\n": {}}} )");
  ASSERT_EQ(root.entries.size(), 2u) << "a key that comes twice stays twice";
  const auto& items = root.entries[0].value.items;
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[0].text, "1E-3");
  EXPECT_EQ(scalar_type(items[0]), ScalarType::number);
  EXPECT_EQ(scalar_type(items[1]), ScalarType::string);
  EXPECT_EQ(scalar_type(items[2]), ScalarType::boolean);
  EXPECT_EQ(items[3].kind, ConfigNode::Kind::null);
  EXPECT_EQ(items[4].text, "-0");
  EXPECT_EQ(root.entries[1].value.entries[0].key, "b\u00e9\n");
  EXPECT_EQ(root.entries[1].value.entries[0].value.kind, ConfigNode::Kind::map);
}

TEST(JsonTree, KnowsThePlaceOfEverything) {
  const ConfigNode root = tree("{\n  \"a\": [1,\n    \"x\"]}");
  EXPECT_EQ(root.at, (Position{1, 1}));
  EXPECT_EQ(root.entries[0].at, (Position{2, 3}));
  EXPECT_EQ(root.entries[0].value.at, (Position{2, 8}));
  EXPECT_EQ(root.entries[0].value.items[1].at, (Position{3, 5}));
}

TEST(JsonTree, PlacesCountFromTheOrigin) {
  const auto read = read_json_tree("{\n\"a\": 1}", {10, 5});
  EXPECT_EQ(std::get<ConfigNode>(read).at, (Position{10, 5}));
  EXPECT_EQ(std::get<ConfigNode>(read).entries[0].at, (Position{11, 1}));
}

TEST(JsonTree, SaysWhereATextStopsBeingJson) {
  EXPECT_EQ(fault("").second, "there is no JSON here");
  EXPECT_EQ(fault("{\"a\": [1, }]}").first, (Position{1, 11}));
  EXPECT_EQ(fault("{\"a\": 1,\n \"b\": tru}").first, (Position{2, 7}));
  EXPECT_EQ(fault("{} x").second, "the JSON ends before this; remove what follows it");
  EXPECT_EQ(fault("{} x").first, (Position{1, 4}));
  EXPECT_EQ(fault("\"\xff\"").second, "this text is not UTF-8");
  EXPECT_EQ(fault("[\"\\ud800\"]").first, (Position{1, 2})) << "an unpaired surrogate";
}

TEST(ScalarType, OnlyJsonNumbersAreNumbers) {
  for (const char* text : {"0", "-1", "10.5", "1e9", "1E+2", "-0.0e-1"})
    EXPECT_EQ(scalar_type({ConfigNode::Kind::scalar, {}, text}), ScalarType::number) << text;
  for (const char* text : {"", "-", "01", "+1", ".5", "1.", "0x1F", "1e", "1_000", "nan", ".inf", "1 ", "True"})
    EXPECT_EQ(scalar_type({ConfigNode::Kind::scalar, {}, text}), ScalarType::string) << text;
}

}  // namespace
}  // namespace tidegate
