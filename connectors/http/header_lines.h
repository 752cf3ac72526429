#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::http {

/// True for a token (RFC 9110, section 5.6.2).
bool is_header_name(std::string_view name) noexcept;
/// True when the value holds no control characters, so that it cannot end its line.
bool is_header_value(std::string_view value) noexcept;
/// Names are equal whatever their case.
bool same_header(std::string_view a, std::string_view b) noexcept;
/// Headers that describe the message itself; the sink alone writes them.
bool is_framing_header(std::string_view name) noexcept;

/// The headers of one request, in memory that is used again for the next.
class HeaderLines {
 public:
  void clear() noexcept { used_ = 0; }
  void add(std::string_view name, std::string_view value);
  /// Keeps libcurl from sending a header of its own.
  void omit(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  /// Name and value of the header at `index`. Valid until the next clear() or add().
  [[nodiscard]] std::pair<std::string_view, std::string_view> at(std::size_t index) const noexcept;
  /// The lines as libcurl wants them. Valid until the next clear() or add().
  curl_slist* list();

 private:
  std::string& next_line();
  std::vector<std::string> lines_;
  std::vector<curl_slist> nodes_;
  std::size_t used_ = 0;
};

}  // namespace tidegate::http
