#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::ingest {

/// A chunked body as its bytes come in. Ours, because Boost.Beast 1.81 ends the process over some of them
/// (docs/decisions/0012-http-ingest.md). Extensions and trailers are read over. *Source*: RFC 9112, section 7.1; a line
/// that does not end with CRLF is refused (section 2.2 lets a recipient be lenient; whatever stands in front may read
/// it differently).
class ChunkReader {
 public:
  /// `body_bytes_max` bounds all chunks together.
  explicit ChunkReader(std::uint64_t body_bytes_max) : left_(body_bytes_max) {}

  enum class State : std::uint8_t { more, done, malformed, too_large };
  /// Appends the chunks' bytes to `body`; takes away from `bytes` what was used up, which is all of it while the state
  /// is `more`.
  State feed(std::string_view& bytes, std::string& body);

 private:
  enum class Part : std::uint8_t { size, space, extension, size_end, data, data_cr, data_lf, trailer, trailer_end };

  State take(char c);
  State take_size(char c);
  State take_trailer(char c);
  bool add_digit(char c);

  std::uint64_t left_;        ///< that the body may still grow
  std::uint64_t size_ = 0;    ///< of the chunk: what is left of it
  std::size_t overhead_ = 0;  ///< bytes of this line that are no size; of trailers all together
  Part part_ = Part::size;
  std::uint8_t digits_ = 0;
  bool empty_line_ = true;  ///< of trailers: nothing of this line came yet
};

}  // namespace tidegate::ingest
