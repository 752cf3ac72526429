#include "gateway/routing/topic_filter.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/limits.h"
#include "gateway/event/json_text.h"
#include "gateway/routing/limits.h"
#include "gateway/routing/topic_levels.h"

namespace tidegate {

namespace {

using Level = TopicFilter::Level;

Error invalid(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

bool is_capture_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= limits::kCaptureNameBytesMax && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

Result<Level> read_level(std::string_view text, bool last) {
  if (text == "+") return Level{Level::Kind::one, {}};
  if (text == "#") {
    if (!last) return invalid("has levels after #; # matches all that follow, so it is always the last level");
    return Level{Level::Kind::rest, {}};
  }
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    const std::string_view name = text.substr(1, text.size() - 2);
    if (!is_capture_name(name)) {
      return invalid(
          fmt::format("has the capture \"{}\"; a name is letters, digits and _, begins with no digit, and "
                      "has at most {} of them",
                      text, limits::kCaptureNameBytesMax));
    }
    return Level{Level::Kind::capture, std::string(name)};
  }
  if (text.find_first_of("+#{}") != std::string_view::npos) {
    return invalid(fmt::format("has the level \"{}\"; + # and {{name}} each stand alone between slashes", text));
  }
  return Level{Level::Kind::literal, std::string(text)};
}

/// What is wrong with the text as a whole; empty when nothing is.
std::string_view fault_of(std::string_view text) {
  if (text.empty()) return "is empty; write # to match every topic";
  if (text.size() > limits::kTopicBytesMax) return "is longer than 65535 bytes, which no topic can be";
  if (text.find('\0') != std::string_view::npos) return "contains a null character, which no topic can";
  if (text.starts_with("$share/")) {
    return "is a shared subscription; subscribe to it in the source, and match the topic here without $share/group/";
  }
  return {};
}

}  // namespace

bool is_topic_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= limits::kTopicBytesMax &&
         text.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos && is_utf8(text);
}

Result<TopicFilter> TopicFilter::parse(std::string_view text) {
  if (const std::string_view fault = fault_of(text); !fault.empty()) return invalid(std::string(fault));
  TopicFilter filter;
  filter.text_ = text;
  TopicLevels levels(text);
  while (!levels.at_end()) {
    const std::string_view level_text = levels.next();
    auto level = read_level(level_text, levels.at_end());
    if (!level) return std::move(level).error();
    if (level->kind == Level::Kind::capture) {
      const bool twice = std::ranges::any_of(filter.levels_, [&](const Level& other) {
        return other.kind == Level::Kind::capture && other.text == level->text;
      });
      if (twice) return invalid(fmt::format("captures {{{}}} twice; give the second one another name", level->text));
    }
    if (filter.levels_.size() == limits::kFilterLevelsMax) {
      return invalid(fmt::format("has more than {} levels", limits::kFilterLevelsMax));
    }
    filter.levels_.push_back(std::move(level).value());
  }
  return filter;
}

bool TopicFilter::matches(std::string_view topic) const noexcept {
  if (topic.starts_with('$') && !levels_.empty() && levels_.front().kind != Level::Kind::literal) return false;
  TopicLevels rest(topic);
  for (const Level& level : levels_) {
    if (level.kind == Level::Kind::rest) return true;
    if (rest.at_end()) return false;
    const std::string_view text = rest.next();
    if (level.kind == Level::Kind::literal && text != level.text) return false;
  }
  return rest.at_end();
}

std::vector<std::pair<std::string_view, std::string_view>> TopicFilter::captures(std::string_view topic) const {
  std::vector<std::pair<std::string_view, std::string_view>> result;
  TopicLevels rest(topic);
  for (const Level& level : levels_) {
    if (level.kind == Level::Kind::rest || rest.at_end()) break;
    const std::string_view text = rest.next();
    if (level.kind == Level::Kind::capture) result.emplace_back(level.text, text);
  }
  return result;
}

}  // namespace tidegate
