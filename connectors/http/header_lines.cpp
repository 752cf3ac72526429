#include "connectors/http/header_lines.h"

#include <algorithm>
#include <array>

namespace tidegate::http {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr std::array<std::string_view, 5> kFraming = {"Content-Length", "Transfer-Encoding", "Content-Encoding",
                                                      "Idempotency-Key", "Expect"};

}  // namespace

bool is_header_name(std::string_view name) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
}

bool same_header(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_framing_header(std::string_view name) noexcept {
  return std::any_of(kFraming.begin(), kFraming.end(), [&](std::string_view own) { return same_header(name, own); });
}

void HeaderLines::add(std::string_view name, std::string_view value) {
  std::string& line = next_line();
  line = name;
  // libcurl takes "Name;" for a header without a value, and "Name:" for one to leave out.
  line += value.empty() ? ";" : ": ";
  line += value;
}

void HeaderLines::omit(std::string_view name) {
  std::string& line = next_line();
  line = name;
  line += ':';
}

std::string& HeaderLines::next_line() {
  if (used_ == lines_.size()) lines_.emplace_back();
  return lines_[used_++];
}

std::pair<std::string_view, std::string_view> HeaderLines::at(std::size_t index) const noexcept {
  const std::string_view line = lines_[index];
  const std::size_t end = line.find_first_of(":;");
  const std::size_t value = line.find_first_not_of(' ', end + 1);
  return {line.substr(0, end), value == std::string_view::npos ? std::string_view() : line.substr(value)};
}

bool HeaderLines::has(std::string_view name) const noexcept {
  return std::any_of(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(used_), [&](const std::string& line) {
    return same_header(std::string_view(line).substr(0, line.find_first_of(":;")), name);
  });
}

curl_slist* HeaderLines::list() {
  nodes_.resize(used_);
  for (std::size_t i = 0; i < used_; ++i) nodes_[i] = {lines_[i].data(), i + 1 < used_ ? &nodes_[i + 1] : nullptr};
  return used_ == 0 ? nullptr : nodes_.data();
}

}  // namespace tidegate::http
