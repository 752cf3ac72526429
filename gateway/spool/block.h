#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/result.h"
#include "gateway/spool/lane_runs.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tidegate {

/// Where a block lies, how old it is and who wants it: all that is needed to decide about it unread.
struct BlockHead {
  Seq first;
  std::uint32_t count = 0;
  WallTime committed_at{};  ///< what the wall clock said
  milliseconds age{0};      ///< spool time (see SpoolBook::age), which never jumps
  BlockLanes lanes;
  bool damaged = false;  ///< the checksum did not match: `lanes` is empty, the rest is doubtful

  /// Everything but the lanes, as bytes: what their checksum covers too.
  [[nodiscard]] std::string place() const;
  [[nodiscard]] Seq last() const noexcept { return Seq{first.value + count - 1}; }
};

/// The stored form of a block's records.
struct BlockBody {
  enum class Codec : std::uint8_t { plain = 0, zstd = 1 };
  Codec codec = Codec::plain;
  std::uint64_t raw_bytes = 0;
  std::uint64_t checksum = 0;
  std::string_view bytes;
};

/// Compresses and checks block bodies; keeps its working memory between calls. *Threads*: one user at a time.
class BlockCodec {
 public:
  BlockCodec();
  ~BlockCodec();
  BlockCodec(const BlockCodec&) = delete;
  BlockCodec& operator=(const BlockCodec&) = delete;

  /// The body views `raw` or this codec's buffer: valid until the next call.
  BlockBody seal(Seq first, std::string_view raw);
  /// *Errors*: corrupt.
  Status open(Seq first, const BlockBody& body, std::string& raw);

 private:
  ZSTD_CCtx_s* compress_ = nullptr;
  ZSTD_DCtx_s* expand_ = nullptr;
  std::string buffer_;
};

/// Walks the records of an opened block, one after the other.
class RecordWalk {
 public:
  explicit RecordWalk(std::string_view raw, std::size_t at = 0) : raw_(raw), at_(at) {}
  /// The next record; false at the end, or when the bytes are no record (`damaged`).
  bool next(std::string_view& record);
  [[nodiscard]] bool damaged() const noexcept { return damaged_; }
  [[nodiscard]] std::size_t position() const noexcept { return at_; }

 private:
  std::string_view raw_;
  std::size_t at_;
  bool damaged_ = false;
};

}  // namespace tidegate
