#pragma once

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <string>

#include "gateway/base/random.h"
#include "gateway/event/event.h"

namespace tidegate::test {

/// Patterns and events from a vocabulary so small that about every tenth pattern holds. Events have arrays in arrays,
/// names twice, names with dots and escapes, and now and then no JSON.
class RandomPatterns {
 public:
  explicit RandomPatterns(std::uint64_t seed) : random_(seed) {}

  std::string pattern() { return fields(chance(4) ? 2 : 1, true); }

  Event event() {
    Event event;
    event.id = text();
    event.source = "/gw/" + text();
    event.type = text();
    event.subject = text() + "/" + text() + (chance(2) ? "/" + text() : "");
    if (chance(2)) event.datacontenttype = text();
    for (std::uint64_t n = random_.below(3); n > 0; --n) {
      event.attributes.emplace_back(pick({"qos", "a.b", "type", "data.a", "b"}), text());
    }
    event.data = chance(20)   ? pick({"", "{", R"({"a":1,})", R"({"a":"\ud800"})", "[01]", "{} x"})
                 : chance(10) ? value(2)
                              : object(3);
    return event;
  }

 private:
  bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }

  std::string pick(std::initializer_list<std::string_view> texts) {
    return std::string(texts.begin()[random_.below(texts.size())]);
  }

  std::string text() {
    static constexpr std::array<std::string_view, 16> kTexts{
        "a", "ab", "abc", "b", "ba", "A", "aB", "", "é", "É", "ß", "SS", "10.0.0.1", "10.0.0.2", "010.0.0.1", "::1"};
    return std::string(kTexts[random_.below(kTexts.size())]);
  }

  std::string number() {
    return pick({"0", "1", "1.0", "2", "-1", "1e23", "9007199254740993", "5e-324", "1e400", "167772161", "2.5", "3"});
  }

  std::string quoted_text() {
    const std::string plain = text();
    return plain == "a" && chance(3) ? R"("\u0061")" : '"' + plain + '"';
  }

  std::string scalar() {
    switch (random_.below(6)) {
      case 0:
      case 1: return number();
      case 2: return pick({"true", "false", "null"});
      default: return quoted_text();
    }
  }

  std::string key() { return pick({"a", "b", "c", "a", "b", "c", "a.b", R"(\u0061)", "x", "longer name"}); }

  std::string value(std::uint64_t depth) {
    if (depth > 0 && chance(3)) return object(depth - 1);
    if (depth > 0 && chance(3)) {
      std::string out = "[";
      for (std::uint64_t n = random_.below(4); n > 0; --n) out += (out.size() > 1 ? "," : "") + value(depth - 1);
      return out + "]";
    }
    return chance(20) ? pick({"{}", "[]"}) : scalar();
  }

  std::string object(std::uint64_t depth) {
    std::string out = "{";
    for (std::uint64_t n = 1 + random_.below(6); n > 0; --n) {
      out += (out.size() > 1 ? ", \"" : "\"") + key() + "\":" + value(depth);
    }
    return out + "}";
  }

  std::string bound() {
    switch (random_.below(4)) {
      case 0: return fmt::format("\">\",{}", random_.below(4));
      case 1: return fmt::format("\"<=\",{}", random_.below(4));
      case 2: return fmt::format("\"=\",{}", random_.below(3));
      default: {
        const auto low = static_cast<int>(random_.below(4)) - 2;
        return fmt::format("\"{}\",{},\"{}\",{}.5", chance(2) ? ">" : ">=", low,
                           chance(2) ? "<" : "<=", low + 1 + static_cast<int>(random_.below(4)));
      }
    }
  }

  std::string texts() {
    std::string out = "[" + quoted_text();
    while (chance(2)) out += "," + quoted_text();
    return out + "]";
  }

  std::string anything_but() {
    switch (random_.below(6)) {
      case 0: return fmt::format("[{},{}]", random_.below(3), random_.below(3));
      case 1: return R"({"prefix":["a","é"]})";
      case 2: return R"({"suffix":"b"})";
      case 3: return R"({"equals-ignore-case":["AB","ss"]})";
      case 4: return R"({"wildcard":"a*"})";
      default: return texts();
    }
  }

  std::string atom() {
    switch (random_.below(16)) {
      case 0: return fmt::format(R"({{"prefix":{}}})", quoted_text());
      case 1: return fmt::format(R"({{"suffix":{}}})", quoted_text());
      case 2: return fmt::format(R"({{"prefix":{{"equals-ignore-case":{}}}}})", quoted_text());
      case 3: return fmt::format(R"({{"suffix":{{"equals-ignore-case":{}}}}})", quoted_text());
      case 4: return fmt::format(R"({{"equals-ignore-case":{}}})", quoted_text());
      case 5:
        return pick({R"({"wildcard":"a*"})", R"({"wildcard":"*b*"})", R"({"wildcard":"a*b*c"})", R"({"wildcard":"*a"})",
                     R"({"wildcard":"ab"})", R"({"wildcard":"*"})"});
      case 6:
      case 7: return fmt::format(R"({{"numeric":[{}]}})", bound());
      case 8: return R"({"exists":true})";
      case 9: return R"({"exists":false})";
      case 10:
        return pick({R"({"cidr":"10.0.0.0/8"})", R"({"cidr":"0.0.0.0/0"})", R"({"cidr":"10.0.0.0/31"})",
                     R"({"cidr":"::/64"})"});
      case 11: return fmt::format(R"({{"anything-but":{}}})", anything_but());
      default: return scalar();
    }
  }

  std::string leaf() {
    std::string out = "[" + atom();
    while (chance(2)) out += "," + atom();
    return out + "]";
  }

  std::string field(std::uint64_t depth, bool root) {
    if (root && !chance(4)) return "\"data\":" + (chance(20) ? leaf() : fields(depth, false));
    if (root) {
      return fmt::format("\"{}\":{}",
                         pick({"type", "subject", "id", "captures.one", "captures.two", "qos", "a.b", "data.a",
                               "datacontenttype", "source"}),
                         leaf());
    }
    const std::string name = pick({"a", "b", "c", "a", "b", "c", "a.b", depth > 0 ? "$or" : "a"});
    if (name == "$or") return fmt::format(R"("$or":[{},{}])", fields(depth - 1, false), fields(depth - 1, false));
    return fmt::format("\"{}\":{}", name, depth > 0 && chance(3) ? fields(depth - 1, false) : leaf());
  }

  std::string fields(std::uint64_t depth, bool root) {
    std::string out = "{" + field(depth, root);
    for (std::uint64_t n = random_.below(2); n > 0; --n) out += "," + field(depth, root);
    return out + "}";
  }

  SeededRandom random_;
};

}  // namespace tidegate::test
