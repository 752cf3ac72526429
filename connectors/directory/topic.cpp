#include "connectors/directory/topic.h"

#include "connectors/net/topic_level.h"

namespace tidegate::directory {

namespace {

bool has_wildcard(std::string_view text) { return text.find_first_of("+#") != std::string_view::npos; }

}  // namespace

Result<TopicTemplate> TopicTemplate::parse(std::string_view text) {
  TopicTemplate made;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::string_view literal = text.substr(0, open);
    if (has_wildcard(literal)) return Error{ErrorCode::invalid, "may not hold + or #: it is a topic, not a filter"};
    if (literal.find('}') != std::string_view::npos) return Error{ErrorCode::invalid, "has a } without its {"};
    if (!literal.empty()) made.parts_.push_back({Part::Kind::text, std::string(literal)});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return Error{ErrorCode::invalid, "has a { without its }"};
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (name.empty()) return Error{ErrorCode::invalid, "has braces without a name"};
    if (name == "file") {
      made.parts_.push_back({Part::Kind::file, {}});
    } else if (name == "stem") {
      made.parts_.push_back({Part::Kind::stem, {}});
    } else {
      made.parts_.push_back({Part::Kind::column, {}});
      made.columns_.emplace_back(name);
    }
    text.remove_prefix(close + 1);
  }
  if (made.parts_.empty()) return Error{ErrorCode::invalid, "is empty"};
  return made;
}

std::string TopicTemplate::topic(std::string_view file_name, const std::vector<std::string>& values) const {
  std::string out;
  std::size_t column = 0;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Part::Kind::text: out += part.text; break;
      case Part::Kind::file: append_topic_level(file_name, out); break;
      case Part::Kind::stem: append_topic_level(stem_of(file_name), out); break;
      case Part::Kind::column: append_topic_level(values[column++], out); break;
    }
  }
  return out;
}

std::string TopicTemplate::filter() const {
  std::string out;
  bool varies = false;  // the level that is being written
  const auto end_level = [&] {
    if (!varies) return;
    out.erase(out.rfind('/') == std::string::npos ? 0 : out.rfind('/') + 1);
    out += '+';
    varies = false;
  };
  for (const Part& part : parts_) {
    varies = varies || part.kind != Part::Kind::text;
    for (const char c : part.text) {
      if (c == '/') end_level();
      out += c;
    }
  }
  end_level();
  return out;
}

std::string default_topic(std::string_view source) { return "files/" + std::string(source); }

std::string_view stem_of(std::string_view file_name) noexcept {
  const std::size_t dot = file_name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? file_name : file_name.substr(0, dot);
}

}  // namespace tidegate::directory
