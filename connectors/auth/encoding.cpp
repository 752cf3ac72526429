#include "connectors/auth/encoding.h"

#include "gateway/event/json_text.h"

namespace tidegate::auth {

namespace {

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

void append_base64url(std::string_view bytes, std::string& out) {
  const std::size_t start = out.size();
  append_base64(bytes, out);
  while (out.size() > start && out.back() == '=') out.pop_back();
  for (std::size_t at = start; at < out.size(); ++at) {
    if (out[at] == '+') out[at] = '-';
    if (out[at] == '/') out[at] = '_';
  }
}

void append_percent_encoded(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

void append_form_field(std::string_view name, std::string_view value, std::string& out) {
  if (!out.empty()) out += '&';
  append_percent_encoded(name, out);
  out += '=';
  append_percent_encoded(value, out);
}

std::string joined_scope(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) {
    if (!out.empty()) out += ' ';
    out += value;
  }
  return out;
}

}  // namespace tidegate::auth
