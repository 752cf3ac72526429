#include "connectors/compression/compressor.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

namespace tidegate {
namespace {

/// zlib: window of 32 KiB with a gzip header, its default memory and effort.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kGzipMemoryLevel = 8;
/// zstd: level 1 already halves telemetry and keeps its tables near 1 MiB.
constexpr int kZstdLevel = 1;

}  // namespace

std::string_view file_ending(Compression compression) noexcept {
  switch (compression) {
    case Compression::none: break;
    case Compression::gzip: return ".gz";
    case Compression::zstd: return ".zst";
  }
  return {};
}

struct Compressor::State {
  Compression compression = Compression::none;
  z_stream gzip{};
  bool gzip_ready = false;
  ZSTD_CCtx* zstd = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (gzip_ready) deflateEnd(&gzip);
    ZSTD_freeCCtx(zstd);
  }
};

Compressor::Compressor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;

Result<Compressor> Compressor::create(Compression compression) {
  auto state = std::make_unique<State>();
  state->compression = compression;
  if (compression == Compression::gzip) {
    state->gzip_ready = deflateInit2(&state->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel,
                                     Z_DEFAULT_STRATEGY) == Z_OK;
    if (!state->gzip_ready) return Error{ErrorCode::unavailable, "zlib: out of memory"};
  }
  if (compression == Compression::zstd) {
    state->zstd = ZSTD_createCCtx();
    if (state->zstd == nullptr) return Error{ErrorCode::unavailable, "zstd: out of memory"};
    ZSTD_CCtx_setParameter(state->zstd, ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(state->zstd, ZSTD_c_checksumFlag, 1);
  }
  return Compressor(std::move(state));
}

std::string_view Compressor::content_encoding() const noexcept {
  switch (state_->compression) {
    case Compression::none: break;
    case Compression::gzip: return "gzip";
    case Compression::zstd: return "zstd";
  }
  return {};
}

Status Compressor::compress(std::string_view plain, std::string& out) {
  if (state_->compression == Compression::zstd) {
    out.resize(ZSTD_compressBound(plain.size()));
    const std::size_t size = ZSTD_compress2(state_->zstd, out.data(), out.size(), plain.data(), plain.size());
    if (ZSTD_isError(size)) return Error{ErrorCode::invalid, fmt::format("zstd: {}", ZSTD_getErrorName(size))};
    out.resize(size);
    return {};
  }
  z_stream& stream = state_->gzip;
  deflateReset(&stream);
  out.resize(deflateBound(&stream, plain.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));  // zlib reads only
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return Error{ErrorCode::invalid, "zlib: the body did not fit"};
  out.resize(out.size() - stream.avail_out);
  return {};
}

}  // namespace tidegate
