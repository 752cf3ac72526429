#include "connectors/file/recover.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "connectors/file/limits.h"

namespace tidegate::file {

namespace {

/// Takes the bytes of a file, piece by piece.
class Reader {
 public:
  Reader(int file, std::uint64_t from, std::uint64_t bytes)
      : file_(file), at_(from), end_(bytes), buffer_(limits::kReadBytes, '\0') {}

  /// Empty at the end.
  Result<std::string_view> next() {
    const std::size_t wanted = std::min<std::uint64_t>(buffer_.size(), end_ - at_);
    ssize_t got = 0;
    do got = ::pread(file_, buffer_.data(), wanted, static_cast<off_t>(at_));
    while (got < 0 && errno == EINTR);
    if (got < 0) return Error{ErrorCode::io, fmt::format("cannot read it: {}", std::strerror(errno))};
    at_ += static_cast<std::uint64_t>(got);
    return std::string_view(buffer_.data(), static_cast<std::size_t>(got));
  }

 private:
  int file_;
  std::uint64_t at_, end_;
  std::string buffer_;
};

void keep_head(std::string& head, std::string_view text, std::size_t bytes) {
  if (head.size() < bytes) head += text.substr(0, bytes - head.size());
}

/// Where the last line ends that is whole. A power cut leaves zeros in place of what was not written; no line of ours
/// holds any.
Result<Found> examine_lines(int file, std::uint64_t bytes, bool csv, std::size_t head_bytes) {
  Found found;
  // One more than can be torn: when no line ends in all of that, it was not torn.
  const std::uint64_t from = csv || bytes <= limits::kTornBytesMax ? 0 : bytes - limits::kTornBytesMax - 1;
  Reader reader(file, from, bytes);
  found.whole_bytes = from;
  bool quoted = false;
  std::uint64_t at = from;
  for (;;) {
    auto piece = reader.next();
    if (!piece) return std::move(piece).error();
    if (piece->empty()) return found;
    if (from == 0) keep_head(found.head, *piece, head_bytes);
    const std::string_view text = piece->substr(0, piece->find('\0'));
    for (std::size_t i = text.find_first_of("\"\n"); i != std::string_view::npos;
         i = text.find_first_of("\"\n", i + 1)) {
      if (text[i] == '"') {
        quoted = csv && !quoted;
      } else if (!quoted) {
        found.whole_bytes = at + i + 1;
      }
    }
    if (text.size() < piece->size()) return found;
    at += piece->size();
  }
}

struct InflateEnd {
  void operator()(z_stream* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
  }
};

constexpr int kGzipOnlyBits = 15 + 16;

/// Where the last gzip member ends whose checksum is right.
Result<Found> examine_gzip(int file, std::uint64_t bytes, std::size_t head_bytes) {
  const std::unique_ptr<z_stream, InflateEnd> stream(new z_stream{});
  if (inflateInit2(stream.get(), kGzipOnlyBits) != Z_OK) return Error{ErrorCode::io, "zlib: out of memory"};
  Found found;
  Reader reader(file, 0, bytes);
  std::string text(limits::kReadBytes, '\0');
  std::uint64_t at = 0;
  for (;;) {
    auto piece = reader.next();
    if (!piece) return std::move(piece).error();
    if (piece->empty()) return found;
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece->data()));  // zlib reads only
    stream->avail_in = static_cast<uInt>(piece->size());
    while (stream->avail_in > 0) {
      stream->next_out = reinterpret_cast<Bytef*>(text.data());
      stream->avail_out = static_cast<uInt>(text.size());
      const int result = inflate(stream.get(), Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END) return found;
      keep_head(found.head, std::string_view(text).substr(0, text.size() - stream->avail_out), head_bytes);
      if (result != Z_STREAM_END) continue;
      found.whole_bytes = at + piece->size() - stream->avail_in;
      inflateReset(stream.get());
    }
    at += piece->size();
  }
}

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

/// Where the last zstd frame ends whose checksum is right.
Result<Found> examine_zstd(int file, std::uint64_t bytes, std::size_t head_bytes) {
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return Error{ErrorCode::io, "zstd: out of memory"};
  Found found;
  Reader reader(file, 0, bytes);
  std::string text(limits::kReadBytes, '\0');
  std::uint64_t at = 0;
  for (;;) {
    auto piece = reader.next();
    if (!piece) return std::move(piece).error();
    if (piece->empty()) return found;
    ZSTD_inBuffer in{piece->data(), piece->size(), 0};
    while (in.pos < in.size) {
      ZSTD_outBuffer out{text.data(), text.size(), 0};
      const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
      if (ZSTD_isError(left) != 0U) return found;
      keep_head(found.head, std::string_view(text).substr(0, out.pos), head_bytes);
      if (left == 0) found.whole_bytes = at + in.pos;
    }
    at += piece->size();
  }
}

}  // namespace

Result<Found> examine(int file, std::uint64_t bytes, Compression compression, lines::Format format,
                      std::size_t head_bytes) {
  switch (compression) {
    case Compression::gzip: return examine_gzip(file, bytes, head_bytes);
    case Compression::zstd: return examine_zstd(file, bytes, head_bytes);
    case Compression::none: break;
  }
  return examine_lines(file, bytes, format == lines::Format::csv, head_bytes);
}

}  // namespace tidegate::file
