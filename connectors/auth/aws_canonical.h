#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::auth {

/// What a service makes of the path of a request before it checks the signature.
enum class CanonicalPath : std::uint8_t {
  normalized,    ///< dot segments and empty ones removed, the rest encoded once more than it was sent
  as_sent,       ///< every segment kept, encoded once more than it was sent
  encoded_once,  ///< S3: every segment kept and encoded once, however it was sent
};

/// Appends the canonical form of a path. An empty one is "/".
void append_canonical_path(std::string_view path, CanonicalPath rule, std::string& out);

/// A request in the one form that both sides hash, in memory that is used again for the next.
/// Header names are compared without case; values lose white space at their ends, and runs of it inside become one
/// space. In a query, `+` is a plus, and `a` is `a=`.
/// *Source*: AWS Signature Version 4, "Create a canonical request".
class CanonicalRequest {
 public:
  void clear() noexcept;
  /// Takes part of the next write(). The views stay valid until then.
  void add_header(std::string_view name, std::string_view value);
  [[nodiscard]] std::size_t headers() const noexcept { return headers_.size(); }

  /// `target`: the path and, after a `?`, the query, as they are on the request line.
  void write(std::string_view method, std::string_view target, CanonicalPath rule, std::string_view payload_hash);
  /// Of the last write(); valid until the next.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// "host;x-amz-date"
  [[nodiscard]] std::string_view signed_headers() const noexcept;

 private:
  struct Piece {
    std::size_t at = 0, size = 0;  ///< within arena_
  };
  struct Header {
    Piece name;  ///< in lower case
    std::string_view value;
    std::size_t order = 0;  ///< of arrival: the values of a repeated header keep it
  };
  struct Parameter {
    Piece key, value;
  };

  [[nodiscard]] std::string_view view(Piece piece) const noexcept;
  void append_query(std::string_view query);
  void append_header_lines();
  void append_signed_headers();

  std::string arena_;  ///< names in lower case, then keys and values of the query
  std::vector<Header> headers_;
  std::vector<Parameter> parameters_;
  std::string text_;
  Piece signed_headers_;  ///< within text_
};

}  // namespace tidegate::auth
