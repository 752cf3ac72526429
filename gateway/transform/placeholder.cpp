#include "gateway/transform/placeholder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "gateway/event/json_text.h"
#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

using Kind = Placeholder::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 11> kRoots{{{"data", Kind::data},
                                                                    {"text", Kind::text},
                                                                    {"base64", Kind::base64},
                                                                    {"captures", Kind::capture},
                                                                    {"attributes", Kind::attribute},
                                                                    {"id", Kind::id},
                                                                    {"source", Kind::source},
                                                                    {"type", Kind::type},
                                                                    {"subject", Kind::subject},
                                                                    {"time", Kind::time},
                                                                    {"datacontenttype", Kind::datacontenttype}}};

constexpr std::string_view kEndsName = ".[]?{}\"$ \t\r\n";
constexpr std::string_view kSpace = " \t\r\n";

/// A mistake, thrown within this file.
struct Stop {
  std::string message;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Placeholder read() {
    Placeholder out;
    const std::string_view root = take_name();
    const auto known = std::ranges::find(kRoots, root, &std::pair<std::string_view, Kind>::first);
    if (known == kRoots.end()) {
      throw Stop{
          fmt::format("there is no \"{}\"; a placeholder begins with data, text, base64, captures, attributes, id, "
                      "source, type, subject, time or datacontenttype",
                      root)};
    }
    out.kind = known->second;
    read_steps(out.path);
    out.written = text_.substr(0, at_);
    if (out.kind == Kind::capture || out.kind == Kind::attribute) {
      if (out.path.size() != 1 || out.path[0].is_index) throw Stop{fmt::format("{0} needs one name: {0}.NAME", root)};
      out.name = std::move(out.path[0].name);
      out.path.clear();
    } else if (out.kind != Kind::data && !out.path.empty()) {
      throw Stop{fmt::format("{} is a text and has no parts", root)};
    }
    read_absence(out);
    return out;
  }

  /// How much was read, } included.
  [[nodiscard]] std::size_t end() const { return at_; }

 private:
  std::string_view take_name() {
    const std::size_t end = std::min(text_.find_first_of(kEndsName, at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    at_ = end;
    return name;
  }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void space() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }

  void read_steps(PayloadPath& path) {
    while (true) {
      if (take('.')) {
        path.push_back({std::string(take_name()), 0, false});
        if (path.back().name.empty()) {
          throw Stop{"a name is missing after the dot; one with odd characters is written [\"like this\"]"};
        }
      } else if (take('[')) {
        path.push_back(read_bracket());
      } else {
        return;
      }
      if (path.size() > limits::kPathStepsMax)
        throw Stop{fmt::format("the path has more than {} steps", limits::kPathStepsMax)};
    }
  }

  PathStep read_bracket() {
    PathStep step;
    if (at_ < text_.size() && text_[at_] == '"') {
      step.name = json_string_content(take_json("[\" begins a name in quotes, and it does not end"));
    } else {
      step.is_index = true;
      const char* const end = text_.data() + text_.size();
      const auto [stop, error] = std::from_chars(text_.data() + at_, end, step.index);
      if (error != std::errc{}) throw Stop{"[ ] takes the number of an element, from 0, or a name in quotes"};
      at_ = static_cast<std::size_t>(stop - text_.data());
    }
    if (!take(']')) throw Stop{"a ] is missing"};
    return step;
  }

  /// The JSON value at this place, without space after it.
  std::string_view take_json(std::string_view mistake) {
    std::string_view rest = text_.substr(at_);
    std::size_t length = json_value_end(rest);
    if (length == 0) throw Stop{std::string(mistake)};
    at_ += length;
    length = rest.find_last_not_of(kSpace, length - 1) + 1;
    return rest.substr(0, length);
  }

  void read_absence(Placeholder& out) {
    space();
    if (take('?')) {
      if (take('?')) {
        space();
        out.otherwise = take_json("after ?? there must be JSON: a text in quotes, a number, true, false or null");
      } else {
        out.optional = true;
      }
      space();
    }
    if (!take('}')) throw Stop{"a } is missing"};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::variant<Placeholder, std::string> take_placeholder(std::string_view& rest) {
  Reader reader(rest);
  try {
    Placeholder out = reader.read();
    rest.remove_prefix(reader.end());
    return out;
  } catch (const Stop& stop) {
    constexpr std::size_t kShownMax = 60;
    const std::string_view shown = rest.substr(0, std::min({rest.find('}'), rest.size(), kShownMax}));
    return fmt::format("\"${{{}}}\": {}", shown, stop.message);
  }
}

}  // namespace tidegate
