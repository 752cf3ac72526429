#include "gateway/app/tap_text.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"
#include "gateway/event/json_text.h"

namespace tidegate {

namespace {

constexpr std::size_t kPayloadColumns = 80;

/// The members as they are written: a payload keeps all its digits.
std::map<std::string, std::string_view> members_of(std::string_view line) {
  std::map<std::string, std::string_view> out;
  for (JsonItems items(line); items.next();) out.emplace(json_string_content(items.key()), items.value());
  return out;
}

std::string routes_in(std::string_view list) {
  std::string out;
  for (JsonItems items(list); items.next();) out += (out.empty() ? "" : ",") + json_string_content(items.value());
  return out.empty() ? "-" : out;
}

std::string payload_in(const std::map<std::string, std::string_view>& members) {
  if (const auto data = members.find("data"); data != members.end()) {
    const bool text = data->second.starts_with('"');
    return cut_to(printable(text ? json_string_content(data->second) : std::string(data->second)), kPayloadColumns);
  }
  const auto encoded = members.find("data_base64");
  std::string bytes;
  if (encoded == members.end()) return "(empty)";
  append_from_base64(json_string_content(encoded->second), bytes);
  return fmt::format("({} bytes)", bytes.size());
}

}  // namespace

std::string tap_text(std::string_view line, std::string_view own_source) {
  const auto members = members_of(line);
  const auto text = [&](const char* name) {
    const auto found = members.find(name);
    return found == members.end() ? std::string() : json_string_content(found->second);
  };
  std::string source = text("source");
  if (source.starts_with(own_source)) source.erase(0, own_source.size());
  const auto routes = members.find("routes");
  return fmt::format("{}  {}  {}  {}  {}\n", printable(text("time")), printable(source), printable(text("subject")),
                     printable(routes == members.end() ? "-" : routes_in(routes->second)), payload_in(members));
}

std::optional<std::uint64_t> tap_missed(std::string_view line) {
  JsonItems items(line);
  if (!items.next() || items.key() != "\"missed\"") return std::nullopt;
  std::uint64_t out = 0;
  std::from_chars(items.value().data(), items.value().data() + items.value().size(), out);
  return out;
}

}  // namespace tidegate
