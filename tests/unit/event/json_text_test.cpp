#include "gateway/event/json_text.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "gateway/base/random.h"
#include "gateway/event/limits.h"
#include "tests/support/files/shared_data.h"

namespace tidegate {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonText, JudgesTheParserSuiteAsItsNamesSay) {
  const auto data = test::shared_data(TIDEGATE_SOURCE_DIR);
  if (data.empty()) GTEST_SKIP() << "no parser suite beside the source tree";
  int judged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data / "json" / "test_parsing")) {
    const std::string name = entry.path().filename();
    if (name[0] == 'i') continue;
    EXPECT_EQ(is_embeddable_json(read(entry.path())), name[0] == 'y') << name;
    ++judged;
  }
  EXPECT_GT(judged, 200);
}

TEST(JsonText, AcceptsEveryKindOfValueAndRefusesItsNearMisses) {
  for (const char* good :
       {"0", "-0", "1.5e+9", "true", "null", "\"\"", " [ ] ", "{}", R"({"a":[1,{"b":null}],"c":"\u00e9\n"})",
        R"("\ud83d\ude00")", "123456789012345678901234567890"}) {
    EXPECT_TRUE(is_embeddable_json(good)) << good;
  }
  for (const char* bad :
       {"",          " ",    "01",      "1.",          "+1",      ".5",       "1e",         "-",     "tru",
        "nul",       "[1,]", "[,1]",    "[1 2]",       "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "[1}",
        "{\"a\":1]", "\"",   "\"\\x\"", "\"\\u12g4\"", "\"\n\"",  "1 2",      "]",          "[",     "\xEF\xBB\xBF{}",
        "'a'",       "NaN",  "//1\n1"}) {
    EXPECT_FALSE(is_embeddable_json(bad)) << bad;
  }
}

TEST(JsonText, RefusesWhatManyParsersRefuse) {
  EXPECT_FALSE(is_embeddable_json(R"("\ud800")"));
  EXPECT_FALSE(is_embeddable_json(R"("\ud800x")"));
  EXPECT_FALSE(is_embeddable_json(R"("\udc00")"));
  EXPECT_FALSE(is_embeddable_json(R"("\ud800\u0041")"));
  EXPECT_FALSE(is_embeddable_json("\"\xff\""));
}

/// Nothing when a number is too large for that parser, whatever the rest looks like.
std::optional<bool> other_opinion(const std::string& text) {
  try {
    const auto parsed = nlohmann::json::parse(text);
    return !parsed.is_discarded();
  } catch (const nlohmann::json::parse_error&) {
    return false;
  } catch (const nlohmann::json::out_of_range&) {
    return std::nullopt;
  }
}

/// Another parser's opinion on documents that were valid before a few bytes changed.
TEST(JsonText, AgreesWithAnotherParserOnDamagedDocuments) {
  const std::string documents[] = {
      R"({"eid":"EVT:1;","value":-21.50e+1,"ok":true,"none":null,"list":[1,{"a":[]},"x\u00e9\n"]})",
      R"([[],{},"\ud83d\ude00",0.5,-0,false,{"k":{"k":{"k":"\\\""}}}])", "  \"caf\xC3\xA9\"  "};
  constexpr std::string_view kBytes = "\"\\{}[]:,0123456789.-+eEtfnu \n\x01\x7f\xC3\xA9\xED";
  SeededRandom random(20261124);
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = documents[random.below(std::size(documents))];
    for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
      const std::size_t at = random.below(text.size());
      const char byte = kBytes[random.below(kBytes.size())];
      switch (random.below(3)) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        default: text.erase(at, 1);
      }
    }
    const std::optional<bool> other = other_opinion(text);
    if (!other) continue;
    ASSERT_EQ(is_embeddable_json(text), *other) << "round " << round << ": " << text;
    accepted += *other ? 1 : 0;
  }
  EXPECT_GT(accepted, 6'000);
}

TEST(JsonText, StopsAtTheDepthLimit) {
  EXPECT_TRUE(is_embeddable_json(nested(limits::kJsonDepthMax)));
  EXPECT_FALSE(is_embeddable_json(nested(limits::kJsonDepthMax + 1)));
}

TEST(JsonText, EscapesStringsAndReplacesInvalidBytes) {
  std::string out;
  append_json_string("a\"\\\n\r\t\x01z\xC3\xA9", out);
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\r\\t\\u0001z\xC3\xA9\"");
  out.clear();
  append_json_string("a\xff\xC3\"", out);
  EXPECT_EQ(out, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\\\"\"");
}

/// The vectors of RFC 4648, section 10.
TEST(JsonText, EncodesBase64) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    std::string out;
    append_base64(plain, out);
    EXPECT_EQ(out, coded);
  }
}

}  // namespace
}  // namespace tidegate
