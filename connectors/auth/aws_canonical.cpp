#include "connectors/auth/aws_canonical.h"

#include <algorithm>

#include "connectors/auth/encoding.h"

namespace tidegate::auth {
namespace {

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Encodes what `text` stands for: what is percent-encoded in it is not encoded again. A % that begins no such
/// encoding stands for itself.
void append_encoded_once(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && text.size() - i > 2) {
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high * 16 + low);
        i += 2;
      }
    }
    append_percent_encoded({&c, 1}, out);
  }
}

/// Takes the text up to the separator off the front, and the separator.
std::string_view take_until(char separator, std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

void append_normalized(std::string_view path, std::string& out) {
  const std::size_t begin = out.size();
  const bool open = path.ends_with('/');
  while (!path.empty()) {
    const std::string_view segment = take_until('/', path);
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (out.size() > begin) out.resize(out.rfind('/'));
      continue;
    }
    out += '/';
    append_percent_encoded(segment, out);
  }
  if (open || out.size() == begin) out += '/';
}

void append_trimmed(std::string_view value, std::string& out) {
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  bool after_space = false;
  for (const char c : value) {
    const bool space = is_space(c);
    if (!space) {
      out += c;
    } else if (!after_space) {
      out += ' ';
    }
    after_space = space;
  }
}

}  // namespace

void append_canonical_path(std::string_view path, CanonicalPath rule, std::string& out) {
  if (rule == CanonicalPath::normalized) return append_normalized(path, out);
  if (!path.starts_with('/')) out += '/';
  for (;;) {
    const bool last = path.find('/') == std::string_view::npos;
    const std::string_view segment = take_until('/', path);
    if (rule == CanonicalPath::encoded_once) {
      append_encoded_once(segment, out);
    } else {
      append_percent_encoded(segment, out);
    }
    if (last) return;
    out += '/';
  }
}

void CanonicalRequest::clear() noexcept {
  arena_.clear();
  headers_.clear();
  parameters_.clear();
  text_.clear();
  signed_headers_ = {};
}

void CanonicalRequest::add_header(std::string_view name, std::string_view value) {
  headers_.push_back({{arena_.size(), name.size()}, value, headers_.size()});
  for (const char c : name) arena_ += lower(c);
}

void CanonicalRequest::write(std::string_view method, std::string_view target, CanonicalPath rule,
                             std::string_view payload_hash) {
  std::ranges::sort(headers_, [this](const Header& a, const Header& b) {
    const int names = view(a.name).compare(view(b.name));
    return names != 0 ? names < 0 : a.order < b.order;
  });
  text_ = method;
  text_ += '\n';
  append_canonical_path(take_until('?', target), rule, text_);
  text_ += '\n';
  append_query(target);
  text_ += '\n';
  append_header_lines();
  text_ += '\n';
  append_signed_headers();
  text_ += '\n';
  text_ += payload_hash;
}

std::string_view CanonicalRequest::signed_headers() const noexcept {
  return std::string_view(text_).substr(signed_headers_.at, signed_headers_.size);
}

std::string_view CanonicalRequest::view(Piece piece) const noexcept {
  return std::string_view(arena_).substr(piece.at, piece.size);
}

void CanonicalRequest::append_query(std::string_view query) {
  const auto encode = [this](std::string_view text) {
    const std::size_t at = arena_.size();
    append_encoded_once(text, arena_);
    return Piece{at, arena_.size() - at};
  };
  while (!query.empty()) {
    std::string_view value = take_until('&', query);
    if (value.empty()) continue;
    const std::string_view key = take_until('=', value);
    const Piece encoded_key = encode(key);
    parameters_.push_back({encoded_key, encode(value)});
  }
  std::ranges::sort(parameters_, [this](const Parameter& a, const Parameter& b) {
    const int keys = view(a.key).compare(view(b.key));
    return keys != 0 ? keys < 0 : view(a.value) < view(b.value);
  });
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (i > 0) text_ += '&';
    text_ += view(parameters_[i].key);
    text_ += '=';
    text_ += view(parameters_[i].value);
  }
}

void CanonicalRequest::append_header_lines() {
  for (std::size_t i = 0; i < headers_.size();) {
    const std::string_view name = view(headers_[i].name);
    text_ += name;
    char before = ':';
    for (; i < headers_.size() && view(headers_[i].name) == name; ++i) {
      text_ += before;
      append_trimmed(headers_[i].value, text_);
      before = ',';
    }
    text_ += '\n';
  }
}

void CanonicalRequest::append_signed_headers() {
  signed_headers_.at = text_.size();
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    const std::string_view name = view(headers_[i].name);
    if (i > 0 && name == view(headers_[i - 1].name)) continue;
    if (i > 0) text_ += ';';
    text_ += name;
  }
  signed_headers_.size = text_.size() - signed_headers_.at;
}

}  // namespace tidegate::auth
