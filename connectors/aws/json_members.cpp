#include "connectors/aws/json_members.h"

#include "connectors/http/header_lines.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws {

std::string_view member(std::string_view json, std::string_view name) {
  JsonItems members(json);
  if (!members.is_object()) return {};
  while (members.next()) {
    const std::string_view key = members.key();
    const std::string_view bare = key.substr(1, key.size() - 2);
    if (http::same_header(bare, name)) return members.value();
  }
  return {};
}

std::string text_member(std::string_view json, std::string_view name) {
  const std::string_view value = member(json, name);
  return value.starts_with('"') ? json_string_content(value) : std::string();
}

void append_text_member(std::string_view name, std::string_view value, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(value, out);
}

}  // namespace tidegate::aws
