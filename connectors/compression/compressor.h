#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

/// How bodies of requests, files and objects are compressed.
namespace tidegate {

enum class Compression : std::uint8_t { none, gzip, zstd };

/// What a file so compressed has at the end of its name: ".gz"; empty for none.
std::string_view file_ending(Compression compression) noexcept;

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

}  // namespace tidegate
