#include "connectors/file/place.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/file/limits.h"
#include "gateway/base/utf8.h"

namespace tidegate::file {

namespace {

/// A part of a path with _ for what a name cannot have.
std::string safe_name(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return "_";
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const unsigned char first = static_cast<unsigned char>(text.front());
    if (length == 0 || first < 0x20 || first == 0x7f) {
      out += '_';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace

Result<std::string> safe_path(std::string_view text) {
  std::string out;
  std::size_t depth = 0;
  for (;;) {
    const std::size_t slash = text.find('/');
    const std::string name = safe_name(text.substr(0, slash));
    if (name.size() > limits::kNameBytesMax) {
      return Error{ErrorCode::invalid, fmt::format("a name in the path would have {} bytes, more than the {} allowed",
                                                   name.size(), limits::kNameBytesMax)};
    }
    if (++depth > limits::kDepthMax + 1) {
      return Error{ErrorCode::invalid,
                   fmt::format("the path would be deeper than the {} folders allowed", limits::kDepthMax)};
    }
    out += name;
    if (slash == std::string_view::npos) break;
    out += '/';
    text.remove_prefix(slash + 1);
  }
  if (out.size() > limits::kPathBytesMax) {
    return Error{ErrorCode::invalid, fmt::format("the path would have {} bytes, more than the {} allowed", out.size(),
                                                 limits::kPathBytesMax)};
  }
  return out;
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

std::string finished_name(std::string_view name, std::string_view ending, std::string_view time, unsigned number) {
  const std::string_view stem = name.substr(0, name.size() - ending.size());
  return number == 0 ? fmt::format("{}.{}{}", stem, time, ending)
                     : fmt::format("{}.{}-{}{}", stem, time, number, ending);
}

}  // namespace tidegate::file
