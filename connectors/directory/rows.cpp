#include "connectors/directory/rows.h"

#include <algorithm>
#include <cstring>

#include "connectors/directory/csv.h"
#include "connectors/directory/fixed_width.h"
#include "connectors/directory/json_rows.h"
#include "gateway/base/utf8.h"

namespace tidegate::directory {

namespace {

/// The whole file as one row.
class WholeFile final : public RowFormat {
 public:
  Taken next(std::string_view bytes, bool last, Row& row) override {
    if (!last) return {};
    if (bytes.empty()) return {.what = Taken::What::end};
    row.raw = bytes;
    row.data.assign(bytes);
    return {.what = Taken::What::row, .bytes = bytes.size()};
  }
  bool resumable() const override { return false; }
};

}  // namespace

std::unique_ptr<RowFormat> make_row_format(const SourceOptions& options) {
  switch (options.format) {
    case Format::csv: return std::make_unique<CsvRows>(options.csv, options.encoding, options.topic.columns());
    case Format::ndjson: return std::make_unique<NdjsonRows>(options.encoding);
    case Format::json: return std::make_unique<JsonElements>(options.encoding);
    case Format::fixed_width:
      return std::make_unique<FixedWidthRows>(options.fixed_width, options.encoding, options.topic.columns());
    case Format::whole_file: break;
  }
  return std::make_unique<WholeFile>();
}

LineEnd first_line(std::string_view bytes, bool last) {
  LineEnd line;
  const std::size_t feed = bytes.find('\n');
  if (feed == std::string_view::npos) {
    line.whole = last;
    line.size = bytes.size();
    line.text = bytes;
  } else {
    line.whole = true;
    line.size = feed + 1;
    line.text = bytes.substr(0, feed);
    line.feeds = 1;
  }
  if (line.whole && line.text.ends_with('\r')) line.text.remove_suffix(1);
  return line;
}

bool has_high_bytes(std::string_view bytes) noexcept {
  std::uint64_t any = 0;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    any |= word;
  }
  for (; at != end; ++at) any |= static_cast<std::uint64_t>(static_cast<unsigned char>(*at) & 0x80u);
  return (any & 0x8080808080808080u) != 0;
}

std::uint64_t column_at(std::string_view text, std::size_t size, Encoding encoding) noexcept {
  const std::string_view before = text.substr(0, size);
  if (encoding == Encoding::latin1) return before.size() + 1;
  // Bytes that continue a character do not count.
  const auto starts = std::count_if(before.begin(), before.end(),
                                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; });
  return static_cast<std::uint64_t>(starts) + 1;
}

std::size_t first_invalid_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = utf8_length(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return std::string_view::npos;
}

}  // namespace tidegate::directory
