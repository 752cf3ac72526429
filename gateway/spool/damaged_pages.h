#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/spool/page_scan.h"
#include "gateway/spool/write_ahead_log.h"

namespace tidegate {

/// The pages of a database that was set aside, as SQLite sees them: those of the file, under those that the committed
/// frames of its write-ahead log hold. *Threads*: one user at a time. *Blocks*.
class DamagedPages final : public Pages {
 public:
  explicit DamagedPages(const std::filesystem::path& database);

  /// A page cut off at the end of the file is filled up with zeros.
  std::string_view page(std::uint32_t number) override;
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

  /// What is known of a page. The content of a free page is what once was there: it may have been deleted since, or
  /// moved to another page.
  enum class Use : std::uint8_t {
    in_tables,
    free,
    unknown  ///< the list of the free pages cannot be read to its end, and as far as it can, this one is not in it
  };
  [[nodiscard]] Use use(std::uint32_t number) const;

  /// Every page in the write-ahead log by its place there, the superseded ones of earlier uses of it too.
  [[nodiscard]] std::uint64_t frames() const noexcept;
  std::string_view frame(std::uint64_t place);

 private:
  /// Whether the list is complete.
  bool read_free_list();

  FileBytes file_;
  FileBytes log_;
  FileBytes rotten_log_;                           ///< what mend_log() moved away
  std::map<std::uint32_t, std::uint64_t> in_log_;  ///< page -> its last committed frame
  std::uint32_t count_ = 0;
  std::vector<bool> free_;
  bool free_list_complete_ = false;
  std::string page_;
};

}  // namespace tidegate
