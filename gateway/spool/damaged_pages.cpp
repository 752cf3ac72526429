#include "gateway/spool/damaged_pages.h"

#include <algorithm>

namespace tidegate {

namespace {

/// In page 1, and in a page of the list. *Source*: fileformat2.html, 1.3 and 1.5 "The Freelist".
constexpr std::size_t kFreeListAt = 32;
constexpr std::size_t kFreeCountAt = 36;
constexpr std::size_t kEntriesAt = 8;
/// Pages of a database beyond which a length is not believed: 4 TiB.
constexpr std::uint64_t kPagesMax = 1u << 30;

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint64_t frames_of(const FileBytes& log) {
  return log.size() < kLogHeaderBytes ? 0 : (log.size() - kLogHeaderBytes) / (kFrameHeaderBytes + kPageBytes);
}

}  // namespace

DamagedPages::DamagedPages(const std::filesystem::path& database)
    : file_(database), log_(database.string() + "-wal"), rotten_log_(database.string() + "-wal.rotten") {
  std::uint64_t pages = (file_.size() + kPageBytes - 1) / kPageBytes;
  const LogPicture picture = look_at_log(database.string() + "-wal");
  for (std::size_t n = 0; n < picture.committed; ++n) in_log_[picture.frames[n].page] = n;
  if (!in_log_.empty()) pages = std::max<std::uint64_t>(pages, in_log_.rbegin()->first);
  count_ = static_cast<std::uint32_t>(std::min(pages, kPagesMax));
  free_.resize(std::size_t{count_} + 1);
  free_list_complete_ = read_free_list();
}

std::string_view DamagedPages::page(std::uint32_t number) {
  if (number == 0 || number > count_) return {};
  const auto logged = in_log_.find(number);
  const bool there = logged == in_log_.end() ? file_.read((number - std::uint64_t{1}) * kPageBytes, page_, kPageBytes)
                                             : log_.read(frame_page_at(logged->second), page_, kPageBytes);
  return there ? std::string_view(page_) : std::string_view{};
}

DamagedPages::Use DamagedPages::use(std::uint32_t number) const {
  if (number <= count_ && free_[number]) return Use::free;
  return free_list_complete_ ? Use::in_tables : Use::unknown;
}

bool DamagedPages::read_free_list() {
  const std::string_view first = page(1);
  if (first.empty()) return false;
  std::uint32_t next = u32_at(first, kFreeListAt);
  const std::uint32_t promised = u32_at(first, kFreeCountAt);
  std::uint32_t found = 0;
  const auto take = [&](std::uint32_t number) {
    // Page 1 is never free, and none is free twice: this is not the list.
    if (number < 2 || number > kPagesMax || (number <= count_ && free_[number])) return false;
    if (number <= count_) free_[number] = true;  // beyond, it was cut off with what else was there
    ++found;
    return true;
  };
  while (next != 0) {
    if (!take(next)) return false;
    const std::string_view entries = page(next);
    if (entries.empty()) return false;
    next = u32_at(entries, 0);
    const std::uint32_t here = u32_at(entries, 4);
    if (here > (kPageBytes - kEntriesAt) / 4) return false;
    for (std::uint32_t i = 0; i < here; ++i)
      if (!take(u32_at(entries, kEntriesAt + std::size_t{i} * 4))) return false;
  }
  return found == promised;
}

std::uint64_t DamagedPages::frames() const noexcept { return frames_of(log_) + frames_of(rotten_log_); }

std::string_view DamagedPages::frame(std::uint64_t place) {
  const std::uint64_t in_first = frames_of(log_);
  const bool there = place < in_first ? log_.read(frame_page_at(place), page_, kPageBytes)
                                      : rotten_log_.read(frame_page_at(place - in_first), page_, kPageBytes);
  return there ? std::string_view(page_) : std::string_view{};
}

}  // namespace tidegate
