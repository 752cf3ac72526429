#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/connector.h"
#include "gateway/base/result.h"

namespace tidegate::http {

enum class Format : std::uint8_t { cloudevents, cloudevents_binary, json_array, ndjson, raw };
enum class Compression : std::uint8_t { none, gzip, zstd };

/// What a file so compressed has at the end of its name: ".gz"; empty for none.
std::string_view file_ending(Compression compression) noexcept;

/// True when a format carries several events per request.
bool is_batched(Format format) noexcept;

/// Replaces `out` by the body of a request. `structured`: with Format::cloudevents, the one event stands alone instead
/// of in a batch. Formats that are not batched take exactly one event.
void write_body(Format format, bool structured, std::span<const OutEvent* const> events, std::string& out);

/// Content-Type of such a body.
std::string_view body_content_type(Format format, bool structured, const OutEvent& first) noexcept;

/// The same for the same events in the same order, whatever else changed: of one event its id (when that can stand in
/// a header), of several 32 hex digits, XXH3-128 over their ids.
std::string idempotency_key(std::span<const OutEvent* const> events);

/// Compresses bodies one after the other, in memory that is used again. *Threads*: one user at a time.
class Compressor {
 public:
  static Result<Compressor> create(Compression compression);
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;
  ~Compressor();

  /// Value of Content-Encoding; empty when bodies stay as they are.
  [[nodiscard]] std::string_view content_encoding() const noexcept;
  /// Replaces `out` by the compressed `plain`. *Errors*: invalid, in the library's words.
  Status compress(std::string_view plain, std::string& out);

 private:
  struct State;
  explicit Compressor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tidegate::http
