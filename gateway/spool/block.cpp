#include "gateway/spool/block.h"

#include <zstd.h>

#include "gateway/base/limits.h"
#include "gateway/spool/checksum.h"
#include "gateway/spool/spool_limits.h"
#include "gateway/spool/varint.h"

namespace tidegate {

namespace {

/// Measured on JSON events: level 1 takes a third of the bytes at a microsecond per event; higher levels cost more
/// time than the bytes they save take to write.
constexpr int kZstdLevel = 1;
/// Bodies smaller than this gain nothing worth the call.
constexpr std::size_t kCompressFrom = 256;
/// One oversized event with its attributes and lengths, and the block it may follow.
constexpr std::uint64_t kRawBytesMax =
    limits::kEventDataBytesMax + limits::kEventAttributeBytesMax + 5 * limits::kTopicBytesMax + limits::kBlockBytesMax;

}  // namespace

std::string BlockHead::place() const {
  std::string out;
  for (const std::int64_t number : {static_cast<std::int64_t>(first.value), std::int64_t{count},
                                    std::int64_t{committed_at.time_since_epoch().count()}, std::int64_t{age.count()}})
    put_varint(out, static_cast<std::uint64_t>(number));
  return out;
}

BlockCodec::BlockCodec() = default;
BlockCodec::~BlockCodec() {
  ZSTD_freeCCtx(compress_);
  ZSTD_freeDCtx(expand_);
}

BlockBody BlockCodec::seal(Seq first, std::string_view raw) {
  BlockBody body{BlockBody::Codec::plain, raw.size(), 0, raw};
  if (raw.size() >= kCompressFrom) {
    if (compress_ == nullptr) compress_ = ZSTD_createCCtx();
    buffer_.resize(ZSTD_compressBound(raw.size()));
    const std::size_t n =
        ZSTD_compressCCtx(compress_, buffer_.data(), buffer_.size(), raw.data(), raw.size(), kZstdLevel);
    if (ZSTD_isError(n) == 0 && n < raw.size()) {
      body.codec = BlockBody::Codec::zstd;
      body.bytes = std::string_view(buffer_).substr(0, n);
    }
  }
  body.checksum = checksum(body.bytes, first.value);
  return body;
}

Status BlockCodec::open(Seq first, const BlockBody& body, std::string& raw) {
  const Error damaged{ErrorCode::corrupt, "a block's bytes are not what was written"};
  if (checksum(body.bytes, first.value) != body.checksum || body.raw_bytes > kRawBytesMax) return damaged;
  if (body.codec == BlockBody::Codec::plain) {
    if (body.bytes.size() != body.raw_bytes) return damaged;
    raw.assign(body.bytes);
    return {};
  }
  if (body.codec != BlockBody::Codec::zstd) return damaged;
  if (expand_ == nullptr) expand_ = ZSTD_createDCtx();
  raw.resize(static_cast<std::size_t>(body.raw_bytes));
  const std::size_t n = ZSTD_decompressDCtx(expand_, raw.data(), raw.size(), body.bytes.data(), body.bytes.size());
  if (ZSTD_isError(n) != 0 || n != raw.size()) return damaged;
  return {};
}

bool RecordWalk::next(std::string_view& record) {
  if (at_ == raw_.size()) return false;
  ByteReader in(raw_.substr(at_));
  record = in.bytes();
  damaged_ = !in.ok();
  at_ += in.position();
  return !damaged_;
}

}  // namespace tidegate
