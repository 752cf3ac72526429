#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Rows as they lie in the pages of an SQLite file, found without the tree that leads to them. Any byte may be wrong:
/// nothing here reads past its page, and a row is bounded by kScannedRowBytesMax.
/// *Source*: sqlite.org/fileformat2.html, 1.6 "B-tree Pages", 1.7 "Overflow Pages", 2.1 "Record Format".
namespace tidegate {

inline constexpr std::size_t kPageBytes = 4096;

/// The pages of a file by their numbers, which begin with 1.
class Pages {
 public:
  virtual ~Pages() = default;
  /// One page, valid until the next call; empty when there is none to read.
  virtual std::string_view page(std::uint32_t number) = 0;
};

/// A row as far as its own page goes.
struct PageCell {
  std::int64_t key = 0;         ///< rowid; 0 in a table without
  std::uint64_t row_bytes = 0;  ///< of the whole row, at most kScannedRowBytesMax
  std::string_view local;       ///< what of it is on the page
  std::uint32_t overflow = 0;   ///< the page where it goes on; 0: nowhere
};

/// Walks the cells of a page that holds rows. Of any other page there are none.
class PageCells {
 public:
  explicit PageCells(std::string_view page);
  /// False at the end. What is no cell is passed over.
  bool next(PageCell& cell);

 private:
  bool parse(std::size_t at, PageCell& cell);

  std::string_view page_;
  bool rowids_ = false;          ///< a leaf of a table with rowids
  std::size_t child_bytes_ = 0;  ///< in front of each cell of an inner page
  std::size_t pointers_at_ = 0;  ///< the next cell's place among the cell pointers
  std::size_t pointers_end_ = 0;
  std::size_t bytes_used_ = 0;
};

/// The kinds of a row's columns, a letter each: n(ull), i(nteger), t(ext), b(lob). Empty when the sizes of its columns
/// do not add up to the row's, or when it has a column of another kind.
std::string column_kinds(const PageCell& cell);

/// Brings the row together from its page and those where it goes on. False when one of them is missing.
bool gather_row(const PageCell& cell, Pages& pages, std::string& row);

struct PageValue {
  char kind = 'n';
  std::int64_t number = 0;
  std::string_view bytes;  ///< views the row
};
/// The columns of a row whose kinds are known to add up. False when they do not.
bool read_columns(std::string_view row, std::vector<PageValue>& out);

}  // namespace tidegate
