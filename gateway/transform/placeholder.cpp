#include "gateway/transform/placeholder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/event/json_text.h"
#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

using Kind = Placeholder::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 12> kRoots{{{"data", Kind::data},
                                                                    {"text", Kind::text},
                                                                    {"base64", Kind::base64},
                                                                    {"captures", Kind::capture},
                                                                    {"attributes", Kind::attribute},
                                                                    {"id", Kind::id},
                                                                    {"source", Kind::source},
                                                                    {"type", Kind::type},
                                                                    {"subject", Kind::subject},
                                                                    {"time", Kind::time},
                                                                    {"datacontenttype", Kind::datacontenttype},
                                                                    {"route", Kind::route}}};

/// A part of a time, as it stands in 2026-01-02T03:04:05.678Z.
struct TimePart {
  std::string_view name;
  std::size_t at, size;
};
constexpr std::array<TimePart, 6> kTimeParts{
    {{"date", 0, 10}, {"year", 0, 4}, {"month", 5, 2}, {"day", 8, 2}, {"hour", 11, 2}, {"minute", 14, 2}}};

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
    std::string_view rest = text_;
    const std::string_view root = take_path_name(rest);
    const auto known = std::ranges::find(kRoots, root, &std::pair<std::string_view, Kind>::first);
    if (known == kRoots.end()) {
      throw Stop{
          fmt::format("there is no \"{}\"; a placeholder begins with data, text, base64, captures, attributes, id, "
                      "source, type, subject, time, datacontenttype or route",
                      root)};
    }
    out.kind = known->second;
    auto path = take_payload_path(rest);
    if (std::string* mistake = std::get_if<std::string>(&path)) throw Stop{std::move(*mistake)};
    out.path = std::get<PayloadPath>(std::move(path));
    at_ = text_.size() - rest.size();
    out.written = text_.substr(0, at_);
    if (out.kind == Kind::capture || out.kind == Kind::attribute) {
      if (out.path.size() != 1 || out.path[0].is_index) throw Stop{fmt::format("{0} needs one name: {0}.NAME", root)};
      out.name = std::move(out.path[0].name);
      out.path.clear();
    } else if (out.kind == Kind::time && !out.path.empty()) {
      read_time_part(out);
    } else if (out.kind != Kind::data && !out.path.empty()) {
      throw Stop{fmt::format("{} is a text and has no parts", root)};
    }
    read_absence(out);
    return out;
  }

  /// How much was read, } included.
  [[nodiscard]] std::size_t end() const { return at_; }

 private:
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void space() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }

  /// The JSON value at this place, without space after it.
  std::string_view take_json(std::string_view mistake) {
    std::string_view rest = text_.substr(at_);
    std::size_t length = json_value_end(rest);
    if (length == 0) throw Stop{std::string(mistake)};
    at_ += length;
    length = rest.find_last_not_of(kSpace, length - 1) + 1;
    return rest.substr(0, length);
  }

  static void read_time_part(Placeholder& out) {
    const auto part = std::ranges::find(kTimeParts, out.path[0].name, &TimePart::name);
    if (out.path.size() != 1 || out.path[0].is_index || part == kTimeParts.end()) {
      throw Stop{"the parts of time are date, year, month, day, hour and minute"};
    }
    out.part_at = part->at;
    out.part_size = part->size;
    out.path.clear();
  }

  void read_absence(Placeholder& out) {
    space();
    if (take('?')) {
      if (take('?')) {
        space();
        out.otherwise = take_json("after ?? there must be JSON: a text in quotes, a number, true, false or null");
        if (out.otherwise.size() > limits::kOtherwiseBytesMax) {
          throw Stop{fmt::format("after ?? there are at most {} bytes", limits::kOtherwiseBytesMax)};
        }
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
