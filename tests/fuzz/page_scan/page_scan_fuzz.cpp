#include "page_scan_fuzz.h"

#include <string>
#include <vector>

#include "gateway/spool/page_scan.h"
#include "gateway/spool/spool_limits.h"
#include "tests/fuzz/require.h"

namespace tidegate {

namespace {

using test::require;

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

class BytesAsPages final : public Pages {
 public:
  explicit BytesAsPages(std::string_view bytes) : bytes_(bytes) {}
  std::string_view page(std::uint32_t number) override {
    if (number == 0 || number > count()) return {};
    page_.assign(bytes_.substr((number - std::size_t{1}) * kPageBytes, kPageBytes));
    page_.resize(kPageBytes);
    return page_;
  }
  [[nodiscard]] std::uint32_t count() const {
    return static_cast<std::uint32_t>((bytes_.size() + kPageBytes - 1) / kPageBytes);
  }

 private:
  std::string_view bytes_;
  std::string page_;
};

void check_row(const PageCell& cell, Pages& pages) {
  const std::string kinds = column_kinds(cell);
  std::string row;
  if (kinds.empty() || !gather_row(cell, pages, row)) return;
  require(row.size() == cell.row_bytes);
  std::vector<PageValue> values;
  require(read_columns(row, values) && values.size() == kinds.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    require(values[i].kind == kinds[i]);
    require(inside(values[i].bytes, row));
  }
}

}  // namespace

void scan_any_bytes(std::string_view bytes) {
  BytesAsPages pages(bytes);
  for (std::uint32_t n = 1; n <= pages.count(); ++n) {
    const std::string page(pages.page(n));
    PageCells cells(page);
    std::size_t taken = 0;
    for (PageCell cell; cells.next(cell); taken += cell.local.size()) {
      require(inside(cell.local, page) && cell.local.size() <= cell.row_bytes);
      require(cell.row_bytes <= limits::kScannedRowBytesMax);
      check_row(cell, pages);
    }
    require(taken <= kPageBytes);
  }
}

}  // namespace tidegate
