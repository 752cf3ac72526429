#include "connectors/aws/message.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>

#include "connectors/auth/sha256.h"
#include "connectors/aws/limits.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws {
namespace {

constexpr std::string_view kStringType = "String";

bool is_visible_ascii(char c) noexcept { return c > ' ' && c < '\x7f'; }

std::string_view name_fault(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  if (!std::ranges::all_of(name, allowed)) return "may hold letters, digits, _, - and . only";
  if (name.size() > limits::kAwsAttributeNameBytesMax) return "is longer than 256 characters";
  if (name.starts_with('.') || name.ends_with('.') || name.find("..") != std::string_view::npos) {
    return "must not begin or end with a dot, nor have two in a row";
  }
  std::string lower(name.substr(0, 7));
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (lower.starts_with("aws.") || lower == "amazon.") return "must not begin with AWS. or Amazon.";
  return {};
}

}  // namespace

void append_body(Format format, const Event& event, std::string& out) {
  if (format == Format::cloudevents) {
    append_cloud_event(event, out);
  } else {
    out += event.data;
  }
}

std::string_view message_fault(std::string_view text) noexcept {
  if (text.empty()) return "the message is empty, which the service does not take";
  constexpr std::string_view kBinary =
      "the payload is no text, which a message must be; with format cloudevents it travels in base64";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return kBinary;
  }
  // U+FFFE and U+FFFF are no characters of XML.
  if (text.find("\xef\xbf\xbe") != std::string_view::npos || text.find("\xef\xbf\xbf") != std::string_view::npos) {
    return kBinary;
  }
  return is_utf8(text) ? std::string_view() : kBinary;
}

std::string token_of(std::string_view text) {
  if (!text.empty() && text.size() <= limits::kAwsTokenBytesMax && std::ranges::all_of(text, is_visible_ascii)) {
    return std::string(text);
  }
  auth::Sha256Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  auth::append_hex(digest, hex);
  return hex;
}

Attributes::Attributes(const fields::TextMap& texts, fields::TextFields& fields) : fields_(fields) {
  for (const auto& [name, text] : texts.entries) attributes_.emplace_back(name, fields.add(text));
}

Result<std::vector<Attributes::Filled>> Attributes::fill() const {
  std::vector<Filled> filled;
  for (const auto& [name, field] : attributes_) {
    if (fields_.is_nothing(field)) continue;
    Filled one{name, {}};
    if (const Status made = fields_.append(field, one.value, limits::kAwsAttributeValueBytesMax); !made) {
      return Error{ErrorCode::invalid, fmt::format("attribute {}: {}", name, made.error().message)};
    }
    if (const std::string_view fault = message_fault(one.value); !fault.empty()) {
      return Error{ErrorCode::invalid,
                   fmt::format("attribute {}: {}", name, one.value.empty() ? "it is empty" : "it is no text")};
    }
    filled.push_back(std::move(one));
  }
  return filled;
}

std::optional<std::string> attributes_fault(const fields::TextMap& texts) {
  if (texts.entries.size() > limits::kAwsAttributesMax) {
    return fmt::format("has {} names, and a message takes {} attributes", texts.entries.size(),
                       limits::kAwsAttributesMax);
  }
  for (const auto& entry : texts.entries) {
    const std::string_view fault = name_fault(entry.first);
    if (!fault.empty()) return fmt::format("has \"{}\", which {}", entry.first, fault);
  }
  return std::nullopt;
}

Status Message::fill(Format format, const Event& event, const Attributes& texts, std::size_t bytes_max,
                     std::string_view taker) {
  text.clear();
  append_body(format, event, text);
  if (const std::string_view fault = message_fault(text); !fault.empty()) {
    return Error{ErrorCode::invalid, std::string(fault)};
  }
  auto filled = texts.fill();
  if (!filled) return std::move(filled).error();
  attributes = *std::move(filled);
  bytes = text.size();
  for (const auto& [name, value] : attributes) bytes += name.size() + kStringType.size() + value.size();
  if (bytes > bytes_max) {
    return Error{ErrorCode::invalid,
                 fmt::format("the message has {} bytes, and {} takes {} (max_message)", bytes, taker, bytes_max)};
  }
  return {};
}

}  // namespace tidegate::aws
