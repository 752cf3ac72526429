#include "gateway/app/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tidegate {

TextTable::TextTable(std::vector<std::string> headers) {
  for (std::string& header : headers) {
    const bool right = header.starts_with('>');
    if (right) header.erase(0, 1);
    const std::size_t width = header.size();
    columns_.push_back({std::move(header), right, width});
  }
}

void TextTable::add(std::vector<std::string> cells) {
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].width = std::max(columns_[i].width, cells[i].size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::render() const {
  std::string out;
  const auto put_row = [&](auto&& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += "  ";
      line += columns_[i].right ? fmt::format("{:>{}}", cell_of(i), columns_[i].width)
                                : fmt::format("{:<{}}", cell_of(i), columns_[i].width);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  put_row([&](std::size_t i) -> const std::string& { return columns_[i].header; });
  for (const auto& row : rows_) put_row([&](std::size_t i) -> const std::string& { return row[i]; });
  return out;
}

std::string cut_to(std::string text, std::size_t width) {
  if (text.size() <= width) return text;
  std::size_t cut = width - 3;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // not inside a UTF-8 character
  return text.substr(0, cut) + "...";
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_span(std::int64_t seconds) {
  const std::int64_t s = std::max<std::int64_t>(seconds, 0);
  if (s >= 86400) return fmt::format("{}d {}h", s / 86400, s % 86400 / 3600);
  if (s >= 3600) return fmt::format("{}h {}m", s / 3600, s % 3600 / 60);
  if (s >= 60) return fmt::format("{}m {}s", s / 60, s % 60);
  return fmt::format("{}s", s);
}

}  // namespace tidegate
