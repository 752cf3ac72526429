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

/// What one call of a decompressor did.
struct Step {
  std::size_t taken = 0;  ///< of the compressed bytes
  std::size_t made = 0;   ///< of text
  bool ended = false;     ///< a member or frame whose checksum is right
  bool failed = false;
};

/// Where the last member or frame ends. `unpack(packed, text)`: a Step from the front of `packed` into `text`.
template <class Unpack>
Result<Found> examine_packed(int file, std::uint64_t bytes, std::size_t head_bytes, Unpack unpack) {
  Found found;
  Reader reader(file, 0, bytes);
  std::string text(limits::kReadBytes, '\0');
  std::uint64_t at = 0;
  for (;;) {
    const auto piece = reader.next();
    if (!piece) return piece.error();
    if (piece->empty()) return found;
    for (std::size_t taken = 0; taken < piece->size();) {
      const Step step = unpack(piece->substr(taken), text);
      if (step.failed) return found;
      keep_head(found.head, std::string_view(text).substr(0, step.made), head_bytes);
      taken += step.taken;
      if (step.ended) found.whole_bytes = at + taken;
    }
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

Result<Found> examine_gzip(int file, std::uint64_t bytes, std::size_t head_bytes) {
  const std::unique_ptr<z_stream, InflateEnd> stream(new z_stream{});
  if (inflateInit2(stream.get(), kGzipOnlyBits) != Z_OK) return Error{ErrorCode::io, "zlib: out of memory"};
  return examine_packed(file, bytes, head_bytes, [&](std::string_view packed, std::string& text) {
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib reads only
    stream->avail_in = static_cast<uInt>(packed.size());
    stream->next_out = reinterpret_cast<Bytef*>(text.data());
    stream->avail_out = static_cast<uInt>(text.size());
    const int result = inflate(stream.get(), Z_NO_FLUSH);
    Step step{packed.size() - stream->avail_in, text.size() - stream->avail_out};
    step.ended = result == Z_STREAM_END;
    step.failed = result != Z_OK && result != Z_STREAM_END;
    if (step.ended) inflateReset(stream.get());
    return step;
  });
}

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

Result<Found> examine_zstd(int file, std::uint64_t bytes, std::size_t head_bytes) {
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return Error{ErrorCode::io, "zstd: out of memory"};
  return examine_packed(file, bytes, head_bytes, [&](std::string_view packed, std::string& text) {
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer out{text.data(), text.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
    return Step{in.pos, out.pos, left == 0, ZSTD_isError(left) != 0U};
  });
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
