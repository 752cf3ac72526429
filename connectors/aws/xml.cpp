#include "connectors/aws/xml.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tidegate::aws {
namespace {

/// Where the tag `<name>`, `<name ...>` or, with `close`, `</name>` begins; npos when there is none.
std::size_t find_tag(std::string_view xml, std::string_view name, bool close, std::size_t from) {
  for (std::size_t at = from; (at = xml.find('<', at)) != std::string_view::npos; ++at) {
    std::string_view rest = xml.substr(at + 1);
    if (close != rest.starts_with('/')) continue;
    if (close) rest.remove_prefix(1);
    if (!rest.starts_with(name) || rest.size() == name.size()) continue;
    const char after = rest[name.size()];
    if (after == '>' || after == ' ' || after == '\t' || after == '\r' || after == '\n') return at;
  }
  return std::string_view::npos;
}

/// What an XML text says. References other than the five named ones stay as they are.
std::string plain_text(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNamed = {
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto* const known =
        std::ranges::find_if(kNamed, [&](const auto& one) { return text.starts_with(one.first); });
    out += known == kNamed.end() ? text.front() : known->second;
    text.remove_prefix(known == kNamed.end() ? 1 : known->first.size());
  }
  return out;
}

}  // namespace

bool take_element(std::string_view& xml, std::string_view name, std::string_view& inside) {
  const std::size_t open = find_tag(xml, name, false, 0);
  if (open == std::string_view::npos) return false;
  const std::size_t begin = xml.find('>', open);
  if (begin == std::string_view::npos) return false;
  const std::size_t end = find_tag(xml, name, true, begin + 1);
  if (end == std::string_view::npos) return false;
  const std::size_t after = xml.find('>', end);
  if (after == std::string_view::npos) return false;
  inside = xml.substr(begin + 1, end - begin - 1);
  xml.remove_prefix(after + 1);
  return true;
}

std::string element_text(std::string_view xml, std::string_view name) {
  std::string_view inside;
  return take_element(xml, name, inside) ? plain_text(inside) : std::string();
}

}  // namespace tidegate::aws
