#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace tidegate::directory {

/// What tells one state of a file from another.
struct Signature {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970

  friend bool operator==(const Signature&, const Signature&) = default;
};

/// 128 bits that stand for one file, whatever happens to its name later.
using FileKey = std::array<std::uint64_t, 2>;

/// How far a file has been read, as it is committed together with the rows. The file is known again by its bytes: at
/// its start, and in front of the place where reading goes on.
struct Progress {
  FileKey key{};             ///< what the ids of its rows are made of
  Signature seen;            ///< when reading began
  std::uint64_t offset = 0;  ///< behind the last row taken
  std::uint64_t rows = 0;    ///< taken, bad ones included
  std::uint64_t lines = 0;   ///< line ends in front of `offset`
  std::uint64_t bad = 0;     ///< rows that were skipped
  std::uint64_t head = 0;    ///< fingerprint of the first bytes
  std::uint64_t tail = 0;    ///< fingerprint of the bytes in front of `offset`

  friend bool operator==(const Progress&, const Progress&) = default;
};

std::string encode(const Progress& progress);
/// Nothing when the text is not a progress (of this version).
std::optional<Progress> decode_progress(std::string_view text);

/// Where the fingerprints of an open file are taken. *Blocks* on disk.
struct Fingerprints {
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
};
/// *Errors*: io; not_found when the file is shorter than `offset`.
Result<Fingerprints> fingerprints(int fd, std::uint64_t offset);

/// The key of a file that is seen for the first time.
/// `start` is its first bytes (at most limits::kFingerprintBytes).
FileKey make_key(std::string_view source, std::string_view file_name, const Signature& seen, std::string_view start);
/// The id of one row: the same whenever the row is read again, for no two rows the same. A UUID of version 8.
/// *Source*: RFC 9562, section 5.8; XXH3 of 128 bits.
std::string row_id(const FileKey& key, std::uint64_t row, std::string_view bytes);

}  // namespace tidegate::directory
