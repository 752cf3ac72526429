#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

/// Rows under headers, aligned for a terminal. A header that begins with > makes a column of right-aligned numbers.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headers);
  /// One cell per header.
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::string render() const;

 private:
  struct Column {
    std::string header;
    bool right = false;
    std::size_t width = 0;
  };
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// At most `width` bytes, at least 3: a longer text ends with "...", not inside a UTF-8 character.
std::string cut_to(std::string text, std::size_t width);

/// "12.4 MiB".
std::string format_bytes(std::uint64_t bytes);
/// "3d 4h", "12m 5s", "0s": the two largest units.
std::string format_span(std::int64_t seconds);

}  // namespace tidegate
