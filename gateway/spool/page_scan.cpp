#include "gateway/spool/page_scan.h"

#include <algorithm>

#include "gateway/spool/spool_limits.h"

namespace tidegate {

namespace {

constexpr unsigned char kIndexInner = 0x02;
constexpr unsigned char kIndexLeaf = 0x0a;
constexpr unsigned char kTableLeaf = 0x0d;
/// Where a page's header says how many cells it has, and where the cell pointers begin in a leaf.
constexpr std::size_t kCellCountAt = 3;
constexpr std::size_t kLeafHeaderBytes = 8;
constexpr std::size_t kPageNumberBytes = 4;
/// How much of a row stays on its page. U, X and M of section 1.6; pages have no reserved bytes.
constexpr std::uint64_t kTableLocalMax = kPageBytes - 35;
constexpr std::uint64_t kIndexLocalMax = (kPageBytes - 12) * 64 / 255 - 23;
constexpr std::uint64_t kLocalMin = (kPageBytes - 12) * 32 / 255 - 23;
constexpr std::uint64_t kOverflowBytes = kPageBytes - kPageNumberBytes;
/// More than the widest table has: 15.
constexpr std::size_t kColumnsMax = 16;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// SQLite's own varint: high bits first, the ninth byte whole. False past the end.
bool take_varint(std::string_view bytes, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (int i = 0; i < 9; ++i) {
    if (at >= bytes.size()) return false;
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    if (i == 8) {
      value = value << 8 | byte;
      return true;
    }
    value = value << 7 | (byte & 0x7f);
    if (byte < 0x80) return true;
  }
  return false;
}

/// One column as its serial type tells it. *Source*: fileformat2.html, 2.1, the table of serial types.
struct ColumnType {
  char kind = 'n';
  std::uint64_t bytes = 0;
  std::int64_t constant = 0;
};

bool column_type(std::uint64_t serial, ColumnType& out) {
  constexpr std::uint64_t kWidths[] = {0, 1, 2, 3, 4, 6, 8};
  if (serial >= 12)
    out = {serial % 2 == 0 ? 'b' : 't', (serial - 12) / 2, 0};
  else if (serial == 8 || serial == 9)
    out = {'i', 0, static_cast<std::int64_t>(serial - 8)};
  else if (serial < std::size(kWidths))
    out = {serial == 0 ? 'n' : 'i', kWidths[serial], 0};
  else
    return false;
  return true;
}

/// The types of a row's columns and where their bytes begin; false when they are not those of a row of this size.
bool row_types(std::string_view start, std::uint64_t row_bytes, std::vector<ColumnType>& out, std::size_t& body_at) {
  out.clear();
  std::size_t at = 0;
  std::uint64_t header = 0;
  if (!take_varint(start, at, header) || header > start.size() || header < at) return false;
  body_at = static_cast<std::size_t>(header);
  const std::string_view types = start.substr(0, body_at);
  std::uint64_t total = header;
  while (at < types.size()) {
    std::uint64_t serial = 0;
    ColumnType type;
    if (out.size() == kColumnsMax || !take_varint(types, at, serial) || !column_type(serial, type)) return false;
    if (type.bytes > row_bytes) return false;
    total += type.bytes;
    out.push_back(type);
  }
  return total == row_bytes;
}

}  // namespace

PageCells::PageCells(std::string_view page) : page_(page) {
  if (page.size() != kPageBytes) return;
  const auto type = static_cast<unsigned char>(page[0]);
  if (type != kTableLeaf && type != kIndexLeaf && type != kIndexInner) return;
  rowids_ = type == kTableLeaf;
  child_bytes_ = type == kIndexInner ? kPageNumberBytes : 0;
  pointers_at_ = kLeafHeaderBytes + child_bytes_;
  const std::uint64_t cells = number_at(page, kCellCountAt, 2);
  pointers_end_ = std::min<std::size_t>(pointers_at_ + 2 * static_cast<std::size_t>(cells), kPageBytes);
}

bool PageCells::next(PageCell& cell) {
  while (pointers_at_ + 2 <= pointers_end_) {
    const std::size_t at = static_cast<std::size_t>(number_at(page_, pointers_at_, 2));
    pointers_at_ += 2;
    if (!parse(at, cell)) continue;
    // Cells do not overlap. Were they allowed to, a page of pointers to one cell would cost thousands of long rows.
    bytes_used_ += cell.local.size();
    if (bytes_used_ > kPageBytes) break;
    return true;
  }
  pointers_at_ = pointers_end_;
  return false;
}

bool PageCells::parse(std::size_t at, PageCell& cell) {
  cell = {};
  if (at < kLeafHeaderBytes) return false;
  at += child_bytes_;
  std::uint64_t key = 0;
  if (!take_varint(page_, at, cell.row_bytes) || (rowids_ && !take_varint(page_, at, key))) return false;
  if (cell.row_bytes > limits::kScannedRowBytesMax) return false;
  cell.key = static_cast<std::int64_t>(key);
  std::uint64_t local = cell.row_bytes;
  const std::uint64_t local_max = rowids_ ? kTableLocalMax : kIndexLocalMax;
  if (local > local_max) {
    const std::uint64_t wanted = kLocalMin + (cell.row_bytes - kLocalMin) % kOverflowBytes;
    local = wanted <= local_max ? wanted : kLocalMin;
  }
  const bool overflows = local < cell.row_bytes;
  if (at + local + (overflows ? kPageNumberBytes : 0) > page_.size()) return false;
  cell.local = page_.substr(at, static_cast<std::size_t>(local));
  if (overflows) cell.overflow = static_cast<std::uint32_t>(number_at(page_, at + cell.local.size(), kPageNumberBytes));
  return true;
}

std::string column_kinds(const PageCell& cell) {
  std::vector<ColumnType> types;
  std::size_t body_at = 0;
  std::string out;
  if (!row_types(cell.local, cell.row_bytes, types, body_at)) return out;
  for (const ColumnType& type : types) out.push_back(type.kind);
  return out;
}

bool gather_row(const PageCell& cell, Pages& pages, std::string& row) {
  row.assign(cell.local);
  std::uint32_t next = cell.overflow;
  // Ends whatever the chain looks like: every page brings the row's end nearer.
  while (row.size() < cell.row_bytes) {
    const std::string_view page = next == 0 ? std::string_view{} : pages.page(next);
    if (page.size() != kPageBytes) return false;
    next = static_cast<std::uint32_t>(number_at(page, 0, kPageNumberBytes));
    row.append(page.substr(kPageNumberBytes, static_cast<std::size_t>(cell.row_bytes) - row.size()));
  }
  return true;
}

bool read_columns(std::string_view row, std::vector<PageValue>& out) {
  std::vector<ColumnType> types;
  std::size_t at = 0;
  out.clear();
  if (!row_types(row, row.size(), types, at)) return false;
  for (const ColumnType& type : types) {
    PageValue& value = out.emplace_back();
    const auto width = static_cast<std::size_t>(type.bytes);
    value.kind = type.kind;
    value.number = type.constant;
    if (type.kind == 't' || type.kind == 'b') {
      value.bytes = row.substr(at, width);
    } else if (width > 0) {
      const auto unused = static_cast<unsigned>(64 - 8 * width);
      // Shifted up and down again, so that the sign of the narrow number is that of the wide one.
      value.number = static_cast<std::int64_t>(number_at(row, at, width) << unused) >> unused;
    }
    at += width;
  }
  return true;
}

}  // namespace tidegate
