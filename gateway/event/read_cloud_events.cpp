#include "gateway/event/read_cloud_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "gateway/base/limits.h"
#include "gateway/event/json_text.h"
#include "gateway/event/limits.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {

namespace {

Error invalid(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

bool is_extension_name(std::string_view name) noexcept {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// A name as it may be said back to the producer.
std::string quoted(std::string_view name) {
  constexpr std::size_t kShown = 40;
  std::string out;
  append_json_string(name.substr(0, kShown), out);
  return out;
}

/// Collects the attributes of one event, whatever they were written in.
class Attributes {
 public:
  explicit Attributes(Event& event) : event_(event) {}

  Status set(std::string_view name, std::string value) {
    if (name == "specversion") return version(value);
    if (name == "id") return once(event_.id, name, std::move(value));
    if (name == "source") return once(event_.source, name, std::move(value));
    if (name == "type") return once(event_.type, name, std::move(value));
    if (name == "subject") return once(event_.subject, name, std::move(value));
    if (name == "datacontenttype") return once(event_.datacontenttype, name, std::move(value));
    if (name == "time") return time(value);
    return extension(name, std::move(value));
  }

  Status finish() const {
    if (!has_version_) return invalid("specversion is missing; it is \"1.0\"");
    if (event_.id.empty()) return invalid("id is missing or empty");
    if (event_.source.empty()) return invalid("source is missing or empty");
    if (event_.type.empty()) return invalid("type is missing or empty");
    return {};
  }

 private:
  static Status once(std::string& into, std::string_view name, std::string value) {
    if (!into.empty()) return invalid(fmt::format("{} is given twice", name));
    into = std::move(value);
    return {};
  }

  Status version(std::string_view value) {
    if (value != "1.0") return invalid("specversion is not \"1.0\", the only one that is understood");
    has_version_ = true;
    return {};
  }

  Status time(std::string_view value) {
    const auto parsed = parse_rfc3339(value);
    if (!parsed) return invalid("time is not a time as in 2026-05-01T06:00:00Z (RFC 3339)");
    event_.time = *parsed;
    return {};
  }

  Status extension(std::string_view name, std::string value) {
    if (!is_extension_name(name))
      return invalid(fmt::format("{} is no name of an attribute; they consist of a-z and 0-9", quoted(name)));
    if (event_.attributes.size() == limits::kEventAttributesMax)
      return invalid(fmt::format("more than {} extension attributes", limits::kEventAttributesMax));
    for (const auto& [known, ignored] : event_.attributes) {
      if (known == name) return invalid(fmt::format("{} is given twice", name));
    }
    event_.attributes.emplace_back(name, std::move(value));
    return {};
  }

  Event& event_;
  bool has_version_ = false;
};

bool is_integer(std::string_view json) noexcept {
  return json.find_first_not_of("-0123456789") == std::string_view::npos;
}

/// An attribute's value as text; nullopt when JSON of that kind is none.
std::optional<std::string> attribute_text(std::string_view json) {
  if (json.front() == '"') return json_string_content(json);
  if (json == "true" || json == "false" || is_integer(json)) return std::string(json);
  return std::nullopt;
}

Status set_data(std::string_view json, Event& event) {
  const bool is_json = event.datacontenttype.empty() || is_json_media_type(event.datacontenttype);
  if (!is_json && json.front() == '"')
    event.data = json_string_content(json);
  else
    event.data = json;
  return {};
}

Status set_data_base64(std::string_view json, Event& event) {
  if (json.front() != '"' || !append_from_base64(json_string_content(json), event.data))
    return invalid("data_base64 is not a string of base64");
  return {};
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::optional<unsigned> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char low = lower(c);
  if (low >= 'a' && low <= 'f') return static_cast<unsigned>(low - 'a' + 10);
  return std::nullopt;
}

/// *Source*: CloudEvents HTTP protocol binding 1.0.2, section 3.1.3.2, decoding.
std::string header_text(std::string_view value) {
  std::string unquoted;
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      unquoted += value[i];
    }
    value = unquoted;
  }
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool may_be_code = value[i] == '%' && i + 2 < value.size();
    const auto high = may_be_code ? hex_digit(value[i + 1]) : std::nullopt;
    const auto low = may_be_code ? hex_digit(value[i + 2]) : std::nullopt;
    if (high && low) {
      out += static_cast<char>(*high << 4 | *low);
      i += 2;
    } else {
      out += value[i];
    }
  }
  return out;
}

}  // namespace

Result<std::size_t> read_cloud_event(std::string_view text, Event& event) {
  JsonItems members(text);
  if (!members.is_object()) return invalid("is not a JSON object");
  Attributes attributes(event);
  std::string_view data, data_base64;
  while (members.next()) {
    const std::string name = json_string_content(members.key());
    const std::string_view value = members.value();
    if (name == "data" || name == "data_base64") {
      std::string_view& into = name == "data" ? data : data_base64;
      if (!into.empty()) return invalid(name + " is given twice");
      into = value;
    } else if (value != "null") {
      auto text_value = attribute_text(value);
      if (!text_value) return invalid(fmt::format("{} is not a string, an integer or a boolean", quoted(name)));
      if (Status set = attributes.set(name, *std::move(text_value)); !set) return std::move(set).error();
    }
  }
  if (members.failed()) return invalid(fmt::format("is no valid JSON, near byte {}", members.end()));
  if (Status complete = attributes.finish(); !complete) return std::move(complete).error();
  if (!data.empty() && !data_base64.empty()) return invalid("has both data and data_base64");
  // After all attributes: datacontenttype may stand behind the data.
  Status stored = !data_base64.empty() ? set_data_base64(data_base64, event)
                  : !data.empty()      ? set_data(data, event)
                                       : Status{};
  if (!stored) return std::move(stored).error();
  return members.end();
}

Status read_cloud_event_headers(const std::vector<std::pair<std::string, std::string>>& headers, Event& event) {
  Attributes attributes(event);
  for (const auto& [name, value] : headers) {
    // The media type is Content-Type's to say.
    if (name == "datacontenttype") continue;
    std::string text = header_text(value);
    if (!is_utf8(text)) return invalid(fmt::format("ce-{} is not UTF-8", name));
    if (Status set = attributes.set(name, std::move(text)); !set) return set;
  }
  return attributes.finish();
}

std::string media_type_essence(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  while (!media_type.empty() && (media_type.back() == ' ' || media_type.back() == '\t')) media_type.remove_suffix(1);
  std::string out;
  for (const char c : media_type) out += lower(c);
  return out;
}

bool is_json_media_type(std::string_view media_type) noexcept {
  media_type = media_type.substr(0, media_type.find(';'));
  while (!media_type.empty() && media_type.back() == ' ') media_type.remove_suffix(1);
  if (media_type.size() < 6) return false;
  const std::string_view end = media_type.substr(media_type.size() - 5);
  constexpr std::string_view kJson = "json";
  return (end[0] == '/' || end[0] == '+') &&
         std::equal(kJson.begin(), kJson.end(), end.begin() + 1, [](char x, char y) { return x == lower(y); });
}

}  // namespace tidegate
