#include "gateway/event/cloud_events.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "gateway/event/json_text.h"
#include "gateway/event/limits.h"
#include "gateway/event/read_cloud_events.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {
namespace {

constexpr std::string_view kOctetStream = "application/octet-stream";
constexpr std::string_view kJson = "application/json";
constexpr std::array<std::string_view, 9> kOwnAttributes = {
    "id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time", "data"};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_name_char(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool equal_ignoring_case(std::string_view a, std::string_view lower_case) noexcept {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(),
                    [](char x, char y) { return lower(x) == y; });
}

bool is_text_type(std::string_view media_type) noexcept {
  return media_type.size() > 5 && equal_ignoring_case(media_type.substr(0, 5), "text/");
}

enum class DataForm : std::uint8_t { none, json, text, base64 };

DataForm form_of(const Event& event) noexcept {
  if (event.data.empty()) return DataForm::none;
  const bool may_be_json = event.datacontenttype.empty() || is_json_media_type(event.datacontenttype);
  if (may_be_json && is_embeddable_json(event.data)) return DataForm::json;
  if (is_text_type(event.datacontenttype) && is_utf8(event.data)) return DataForm::text;
  return DataForm::base64;
}

void append_member(std::string_view name, std::string_view value, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(value, out);
}

bool is_own_attribute(std::string_view name) noexcept {
  return std::find(kOwnAttributes.begin(), kOwnAttributes.end(), name) != kOwnAttributes.end();
}

bool stays(const std::pair<std::string, std::string>& attribute) noexcept {
  const std::string& name = attribute.first;
  if (name == "dataschema") return is_absolute_uri(attribute.second);
  return !name.empty() && name.size() <= limits::kExtensionNameBytesMax &&
         std::all_of(name.begin(), name.end(), is_name_char) && !is_own_attribute(name);
}

std::string legal_name(std::string_view name) {
  std::string legal;
  for (const char c : name) {
    if (is_name_char(lower(c))) legal += lower(c);
    if (legal.size() == limits::kExtensionNameBytesMax) break;
  }
  if (legal.empty()) return "attribute";
  return is_own_attribute(legal) ? "x" + legal : legal;
}

bool is_taken(const std::vector<std::string>& names, const std::string& name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string free_name(std::string_view wanted, const std::vector<std::string>& taken) {
  std::string name = legal_name(wanted);
  const std::string stem = name;
  for (std::size_t n = 2; is_taken(taken, name); ++n) {
    const std::string number = std::to_string(n);
    name = stem.substr(0, limits::kExtensionNameBytesMax - number.size()) + number;
  }
  return name;
}

/// *Source*: CloudEvents HTTP protocol binding 1.0.2, section 3.1.3.2.
std::string header_value(std::string_view value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    if (c > ' ' && c < '\x7f' && c != '"' && c != '%') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

void append_extensions(const Event& event, std::string& out) {
  if (event.attributes.empty()) return;
  const std::vector<std::string> names = extension_names(event);
  for (std::size_t i = 0; i < names.size(); ++i) append_member(names[i], event.attributes[i].second, out);
}

}  // namespace

bool is_absolute_uri(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const bool scheme = std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                                  [](char c) { return is_name_char(lower(c)) || c == '+' || c == '-' || c == '.'; });
  const bool letter_first = lower(text[0]) >= 'a' && lower(text[0]) <= 'z';
  return scheme && letter_first &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '"'; });
}

std::vector<std::string> extension_names(const Event& event) {
  std::vector<std::string> names(event.attributes.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (stays(event.attributes[i]) && !is_taken(names, event.attributes[i].first)) names[i] = event.attributes[i].first;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = free_name(event.attributes[i].first, names);
  }
  return names;
}

void append_cloud_event(const Event& event, std::string& out) {
  const DataForm form = form_of(event);
  out += R"({"specversion":"1.0","id":)";
  append_json_string(event.id, out);
  append_member("source", event.source, out);
  append_member("type", event.type, out);
  if (!event.subject.empty()) append_member("subject", event.subject, out);
  out += ",\"time\":\"";
  append_rfc3339(event.time, out);
  out += '"';
  if (!event.datacontenttype.empty()) {
    append_member("datacontenttype", event.datacontenttype, out);
  } else if (form == DataForm::base64) {
    append_member("datacontenttype", kOctetStream, out);
  }
  append_extensions(event, out);
  switch (form) {
    case DataForm::none: break;
    case DataForm::json:
      out += ",\"data\":";
      out += event.data;
      break;
    case DataForm::text: append_member("data", event.data, out); break;
    case DataForm::base64:
      out += ",\"data_base64\":\"";
      append_base64(event.data, out);
      out += '"';
      break;
  }
  out += '}';
}

void append_payload_as_json(const Event& event, std::string& out) {
  switch (form_of(event)) {
    case DataForm::none: out += "null"; break;
    case DataForm::json: out += event.data; break;
    case DataForm::text: append_json_string(event.data, out); break;
    case DataForm::base64:
      out += "{\"data_base64\":\"";
      append_base64(event.data, out);
      out += "\"}";
      break;
  }
}

std::vector<std::pair<std::string, std::string>> cloud_event_headers(const Event& event) {
  std::vector<std::pair<std::string, std::string>> headers;
  headers.reserve(7 + event.attributes.size());
  headers.emplace_back("Content-Type", payload_content_type(event));
  headers.emplace_back("ce-specversion", "1.0");
  headers.emplace_back("ce-id", header_value(event.id));
  headers.emplace_back("ce-source", header_value(event.source));
  headers.emplace_back("ce-type", header_value(event.type));
  if (!event.subject.empty()) headers.emplace_back("ce-subject", header_value(event.subject));
  std::string time;
  append_rfc3339(event.time, time);
  headers.emplace_back("ce-time", std::move(time));
  const std::vector<std::string> names = extension_names(event);
  for (std::size_t i = 0; i < names.size(); ++i) {
    headers.emplace_back("ce-" + names[i], header_value(event.attributes[i].second));
  }
  return headers;
}

std::string_view payload_content_type(const Event& event) noexcept {
  const std::string& type = event.datacontenttype;
  if (type.empty()) return form_of(event) == DataForm::json ? kJson : kOctetStream;
  const bool fits = std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
  return fits ? std::string_view(type) : kOctetStream;
}

}  // namespace tidegate
