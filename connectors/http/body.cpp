#include "connectors/http/body.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "connectors/http/limits.h"
#include "gateway/event/cloud_events.h"

namespace tidegate::http {
namespace {

/// zlib: window of 32 KiB with a gzip header, its default memory and effort.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kGzipMemoryLevel = 8;
/// zstd: level 1 already halves telemetry and keeps its tables near 1 MiB.
constexpr int kZstdLevel = 1;

template <class Append>
void write_array(std::span<const OutEvent* const> events, std::string& out, Append append) {
  out += '[';
  for (const OutEvent* event : events) {
    if (out.size() > 1) out += ',';
    append(event->event, out);
  }
  out += ']';
}

void write_lines(std::span<const OutEvent* const> events, std::string& out) {
  for (const OutEvent* event : events) {
    const std::size_t start = out.size();
    append_payload_as_json(event->event, out);
    // JSON may break lines only between its tokens, where a space means the same.
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), [](char c) { return c == '\n' || c == '\r'; },
        ' ');
    out += '\n';
  }
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::string_view file_ending(Compression compression) noexcept {
  switch (compression) {
    case Compression::none: break;
    case Compression::gzip: return ".gz";
    case Compression::zstd: return ".zst";
  }
  return {};
}

bool is_batched(Format format) noexcept {
  return format == Format::cloudevents || format == Format::json_array || format == Format::ndjson;
}

void write_body(Format format, bool structured, std::span<const OutEvent* const> events, std::string& out) {
  out.clear();
  switch (format) {
    case Format::cloudevents:
      if (structured) {
        append_cloud_event(events.front()->event, out);
      } else {
        write_array(events, out, append_cloud_event);
      }
      return;
    case Format::json_array: write_array(events, out, append_payload_as_json); return;
    case Format::ndjson: write_lines(events, out); return;
    case Format::cloudevents_binary:
    case Format::raw: out = events.front()->event.data; return;
  }
}

std::string_view body_content_type(Format format, bool structured, const OutEvent& first) noexcept {
  switch (format) {
    case Format::cloudevents: return structured ? kCloudEventContentType : kCloudEventBatchContentType;
    case Format::json_array: return "application/json";
    case Format::ndjson: return "application/x-ndjson";
    case Format::cloudevents_binary:
    case Format::raw: break;
  }
  return payload_content_type(first.event);
}

std::string idempotency_key(std::span<const OutEvent* const> events) {
  if (events.size() == 1) {
    const std::string& id = events.front()->event.id;
    if (id.size() <= limits::kHttpIdempotencyKeyBytesMax && is_visible_ascii(id)) return id;
  }
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const OutEvent* event : events) {
    const std::string& id = event->event.id;
    const std::uint64_t size = id.size();  // keeps ("a", "bc") apart from ("ab", "c")
    XXH3_128bits_update(&state, &size, sizeof size);
    XXH3_128bits_update(&state, id.data(), id.size());
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
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

}  // namespace tidegate::http
