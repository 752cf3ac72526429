#include "connectors/directory/progress.h"

#include <fmt/format.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "connectors/directory/limits.h"

namespace tidegate::directory {

namespace {

constexpr std::string_view kVersion = "1";

/// The next number of a text of numbers with spaces between them.
template <class T>
bool take_number(std::string_view& text, T& out) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// Hash of the bytes [from, to) of a file. *Errors*: not_found when it is shorter.
Result<std::uint64_t> hash_part(int fd, std::uint64_t from, std::uint64_t to) {
  std::array<char, limits::kFingerprintBytes> bytes;
  std::size_t size = 0;
  while (size < to - from) {
    const ssize_t n =
        pread(fd, bytes.data() + size, static_cast<std::size_t>(to - from) - size, static_cast<off_t>(from + size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{ErrorCode::io, std::strerror(errno)};
    if (n == 0) return Error{ErrorCode::not_found, "the file has become shorter"};
    size += static_cast<std::size_t>(n);
  }
  return XXH3_64bits(bytes.data(), size);
}

}  // namespace

std::string encode(const Progress& p) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", kVersion, p.key[0], p.key[1], p.seen.inode, p.seen.size,
                     p.seen.modified_ns, p.offset, p.rows, p.lines, p.bad, p.head, p.tail);
}

std::optional<Progress> decode_progress(std::string_view text) {
  if (!text.starts_with("1 ")) return std::nullopt;
  text.remove_prefix(kVersion.size());
  Progress p;
  const bool whole = take_number(text, p.key[0]) && take_number(text, p.key[1]) && take_number(text, p.seen.inode) &&
                     take_number(text, p.seen.size) && take_number(text, p.seen.modified_ns) &&
                     take_number(text, p.offset) && take_number(text, p.rows) && take_number(text, p.lines) &&
                     take_number(text, p.bad) && take_number(text, p.head) && take_number(text, p.tail);
  if (!whole || !text.empty()) return std::nullopt;
  return p;
}

Result<Fingerprints> fingerprints(int fd, std::uint64_t offset) {
  const std::uint64_t size = std::min<std::uint64_t>(offset, limits::kFingerprintBytes);
  const auto head = hash_part(fd, 0, size);
  if (!head) return head.error();
  const auto tail = hash_part(fd, offset - size, offset);
  if (!tail) return tail.error();
  return Fingerprints{*head, *tail};
}

FileKey make_key(std::string_view source, std::string_view file_name, const Signature& seen, std::string_view start) {
  std::string text = fmt::format("{}\n{}\n{} {} {}\n", source, file_name, seen.inode, seen.size, seen.modified_ns);
  text += start;
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

std::string row_id(const FileKey& key, std::uint64_t row, std::string_view bytes) {
  const XXH128_hash_t content = XXH3_128bits(bytes.data(), bytes.size());
  const std::array<std::uint64_t, 5> parts = {key[0], key[1], row, content.high64, content.low64};
  const XXH128_hash_t hash = XXH3_128bits(parts.data(), sizeof parts);
  std::array<unsigned char, 16> raw;
  for (std::size_t i = 0; i < 8; ++i) {
    raw[i] = static_cast<unsigned char>(hash.high64 >> (56 - 8 * i));
    raw[8 + i] = static_cast<unsigned char>(hash.low64 >> (56 - 8 * i));
  }
  raw[6] = static_cast<unsigned char>((raw[6] & 0x0fu) | 0x80u);  // version 8
  raw[8] = static_cast<unsigned char>((raw[8] & 0x3fu) | 0x80u);  // variant
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string id(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    id[at++] = kHex[raw[i] >> 4];
    id[at++] = kHex[raw[i] & 0x0fu];
  }
  return id;
}

}  // namespace tidegate::directory
