#include "gateway/routing/event_pattern.h"

#include <gtest/gtest.h>

#include "gateway/routing/limits.h"
#include "tests/unit/routing/pattern_verdicts.h"

namespace tidegate {
namespace {

using test::data_event;
using test::kVerdicts;
using test::Verdict;

EventPattern pattern(const std::string& json) {
  auto parsed = EventPattern::parse_json(json);
  EXPECT_TRUE(parsed.has_value()) << json << ": " << (parsed ? "" : parsed.error().message);
  return *parsed;
}

std::string refusal(const std::string& json) {
  const auto parsed = EventPattern::parse_json(json);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(EventPattern, EachOperatorHoldsForWhatItSays) {
  for (const Verdict& one : kVerdicts) {
    const EventPattern compiled = pattern(one.pattern);
    for (const std::string& data : one.holds_for) {
      EXPECT_TRUE(compiled.matches(data_event(data), {})) << one.pattern << "\n" << data;
      EXPECT_FALSE(compiled.why_not(data_event(data), {})) << one.pattern << "\n" << data;
    }
    for (const std::string& data : one.fails_for) {
      EXPECT_FALSE(compiled.matches(data_event(data), {})) << one.pattern << "\n" << data;
      EXPECT_TRUE(compiled.why_not(data_event(data), {})) << one.pattern << "\n" << data;
    }
  }
}

TEST(EventPattern, SeesTheEnvelope) {
  Event event = data_event("21");
  event.id = "42";
  event.source = "/gw/plant";
  event.type = "reading";
  event.subject = "site/7/freezer/3";
  event.time = *parse_rfc3339("2026-01-02T03:04:05.678Z");
  event.datacontenttype = "application/json";
  event.attributes = {{"qos", "1"}, {"type", "other"}, {"data.x", "1"}, {"qos", "2"}, {"a.b", "c"}};
  const PatternCaptures captures{{"site", "7"}};
  for (const char* holds :
       {R"({"id":["42"]})", R"({"source":["/gw/plant"]})", R"({"type":["reading"]})",
        R"({"subject":[{"wildcard":"site/*/freezer/*"}]})", R"({"time":[{"prefix":"2026-01-02T03:04:05.678Z"}]})",
        R"({"datacontenttype":[{"suffix":"json"}]})", R"({"qos":["1"]})", R"({"qos":["2"]})", R"({"a":{"b":["c"]}})",
        R"({"captures":{"site":["7"]}})", R"({"captures":{"other":[{"exists":false}]}})", R"({"data":[21]})"}) {
    EXPECT_TRUE(pattern(holds).matches(event, captures)) << holds;
  }
  for (const char* fails : {R"({"type":["other"]})", R"({"data":{"x":["1"]}})", R"({"qos":[1]})",
                            R"({"captures":{"site":["8"]}})", R"({"id":[{"exists":false}]})"}) {
    EXPECT_FALSE(pattern(fails).matches(event, captures)) << fails;
  }
}

TEST(EventPattern, OfAPayloadThatIsNotJsonNoConditionHolds) {
  for (const char* data : {"", "21,", "{\"a\":1", "\xff", "{\"a\":\"\\ud800\"}", "nul"}) {
    Event event = data_event(data);
    event.type = "reading";
    EXPECT_FALSE(pattern(R"({"data":{"a":[{"exists":false}]}})").matches(event, {})) << data;
    EXPECT_EQ(pattern(R"({"data":{"a":[1]}})").why_not(event, {}), "data is not JSON") << data;
    EXPECT_TRUE(pattern(R"({"type":["reading"]})").matches(event, {})) << data;
    EXPECT_TRUE(pattern(R"({"$or":[{"data":{"a":[1]}},{"type":["reading"]}]})").matches(event, {})) << data;
  }
}

TEST(EventPattern, SaysWhichConditionFailedAndWhy) {
  const auto why = [](const char* json, const char* data) {
    return pattern(json).why_not(data_event(data), {}).value_or("it holds");
  };
  EXPECT_EQ(why(R"({"data":{"value":[{"numeric":[">",80]}]}})", R"({"value":21.5})"),
            "data.value is 21.5, wanted > 80");
  EXPECT_EQ(why(R"({"data":{"state":["on",{"prefix":"o"}]}})", R"({})"),
            R"(data.state is absent, wanted "on" or prefix "o")");
  EXPECT_EQ(why(R"({"data":{"a":[1],"b":[{"anything-but":["x","y"]}]}})", R"({"a":1,"b":"x"})"),
            R"(data.b is "x", wanted anything but "x", "y")");
  EXPECT_EQ(why(R"({"data":{"e":{"f":[1],"g":[2]}}})", R"({"e":[{"f":1},{"g":2}]})"),
            "each condition holds, but not all of them for the same element of an array");
  EXPECT_EQ(why(R"({"data":{"a":[{"exists":true}]}})", R"({"b":1})"), "data.a is absent, wanted any value");
  EXPECT_EQ(why(R"({"data":{"$or":[{"a":[1]},{"a":[2],"b":[3]}]}})", R"({"a":2})"), "data.b is absent, wanted 3")
      << "of the ways, the one that came farthest";
  EXPECT_EQ(why(R"({"data":{"a":[null,true,{"cidr":"10.0.0.0/8"},{"exists":false}]}})", R"({"a":"x\ny"})"),
            R"(data.a is "x\ny", wanted null or true or an address in 10.0.0.0/8 or no value)");
}

TEST(EventPattern, AMistakeIsNamedWithItsPlaceAndRemedy) {
  EXPECT_EQ(refusal("{\"type\":\n  \"x\"}"), "2:3: the values of a field are a list: [x]");
  EXPECT_EQ(refusal(R"({"a":[{"prefx":"x"}]})").substr(0, 35), "1:8: there is no operator \"prefx\"; ");
  EXPECT_EQ(refusal(R"({"a":[{"numeric":[">=",5,"<=",5]}]})"),
            "1:31: the upper bound of a range is greater than the lower; for one number write it alone");
  EXPECT_EQ(refusal(R"({"a":[{"wildcard":"a**"}]})"), "1:19: two * in a row say no more than one; write one");
  EXPECT_EQ(refusal(R"({"a":[{"cidr":"10.0.0.0/32"}]})"),
            "1:15: the bits of this network are 0 to 31; for one address write it as a text");
  EXPECT_NE(refusal(R"({"a":[1]} trailing)"), "accepted");
}

TEST(EventPattern, TakesAConfigsTreeOrItsTextOfJson) {
  const ConfigNode text(ConfigNode::Kind::scalar, {7, 10}, R"({"type": ["reading"]})");
  const auto of_text = EventPattern::compile(text);
  ASSERT_TRUE(std::holds_alternative<EventPattern>(of_text));
  ConfigNode broken(ConfigNode::Kind::scalar, {7, 10}, R"({"type": []})");
  broken.quoted = true;
  const auto fault = EventPattern::compile(broken);
  ASSERT_TRUE(std::holds_alternative<TreeFault>(fault));
  EXPECT_EQ(std::get<TreeFault>(fault).at, (Position{7, 20})) << "behind the quote";
  const ConfigNode block(ConfigNode::Kind::scalar, {7, 10}, "{\"type\":\n[]}");
  const auto inside = EventPattern::compile(block);
  ASSERT_TRUE(std::holds_alternative<TreeFault>(inside));
  EXPECT_EQ(std::get<TreeFault>(inside).at, (Position{7, 10}));
  EXPECT_TRUE(std::get<TreeFault>(inside).message.starts_with("line 2, column 1 of the JSON text: "));
}

TEST(EventPattern, KnowsWhatItNeedsAndNames) {
  const EventPattern both = pattern(R"({"type":["a"],"data":{"x":[1],"$or":[{"y":[1]},{"z":[2],"x":[3]}]}})");
  std::vector<std::string> names;
  for (const PatternField& field : both.fields()) names.push_back(field.name);
  EXPECT_EQ(names, (std::vector<std::string>{"type", "data.x", "data.y", "data.z"}));
  EXPECT_EQ(both.fields()[0].at, (Position{1, 2}));
  EXPECT_TRUE(both.needs_data());
  EXPECT_FALSE(pattern(R"({"$or":[{"type":["a"]},{"data":[1]}]})").needs_data());
}

TEST(EventPattern, SeesContradictions) {
  for (const char* never :
       {R"({"type":[5]})", R"({"qos":[1]})", R"({"captures":{"site":[7]}})", R"({"id":[{"exists":false}]})",
        R"({"subject":{"x":["a"]}})", R"({"data":{"x":[{"numeric":["<",-1.7976931348623157e308]}]}})",
        R"({"$or":[{"type":[5]},{"time":[true]}]})", R"({"time":[{"numeric":[">",1]},{"exists":false}]})"}) {
    EXPECT_TRUE(pattern(never).never_matches()) << never;
  }
  for (const char* may : {R"({"type":[5,"5"]})", R"({"qos":[{"exists":false}]})", R"({"data":{"x":[5]}})",
                          R"({"$or":[{"type":[5]},{"time":["x"]}]})", R"({"id":[{"anything-but":5}]})"}) {
    EXPECT_FALSE(pattern(may).never_matches()) << may;
  }
}

TEST(EventPattern, RefusesPatternsBeyondItsLimits) {
  std::string deep = "[1]";
  for (int i = 0; i < 200; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_NE(refusal(deep), "accepted");
  std::string nested_or = "{\"a\":[1]}";
  for (int i = 0; i < 200; ++i) nested_or = "{\"$or\":[" + nested_or + ",{\"b\":[1]}]}";
  EXPECT_NE(refusal(nested_or), "accepted");
  std::string product = "{\"z\":[1]";
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i);
    product += ",\"x" + n + "\":{\"$or\":[{\"a\":[1]},{\"b\":[1]},{\"c\":[1]}]}";
  }
  EXPECT_NE(refusal(product + "}").find("$or"), std::string::npos);
  std::string wide = "{\"z\":[1]";
  for (std::size_t i = 0; i < limits::kPatternFieldsMax; ++i) wide += ",\"x" + std::to_string(i) + "\":[1]";
  EXPECT_NE(refusal(wide + "}").find("fields"), std::string::npos);
  std::string values = "{\"z\":[0";
  for (std::size_t i = 0; i < limits::kPatternValuesMax; ++i) values += "," + std::to_string(i);
  EXPECT_NE(refusal(values + "]}").find("values"), std::string::npos);
  std::string stars = "{\"z\":[{\"wildcard\":\"";
  for (std::size_t i = 0; i <= limits::kPatternStarsMax; ++i) stars += "a*";
  EXPECT_NE(refusal(stars + "\"}]}").find("*"), std::string::npos);
  EXPECT_NE(refusal("{\"z\":[\"" + std::string(limits::kPatternTextBytesMax + 1, 'x') + "\"]}"), "accepted");
}

TEST(EventPattern, ManyArraysNamedTwiceEndInNoInsteadOfNever) {
  // Each array a variable, each element a choice, each condition a clause: no assignment satisfies it.
  std::string event = "{";
  for (int i = 0; i < 24; ++i) event += "\"e\":[{\"k" + std::to_string(i) + "\":1},{\"j\":1}],";
  event += "\"z\":1}";
  std::string conditions;
  for (int i = 0; i < 24; ++i) conditions += "\"k" + std::to_string(i) + "\":[1],";
  EXPECT_FALSE(pattern("{\"data\":{\"e\":{" + conditions + "\"zz\":[1]}}}").matches(data_event(event), {}));
}

}  // namespace
}  // namespace tidegate
