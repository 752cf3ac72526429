#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::test {

/// One answer of a server.
struct HttpReply {
  int status = 0;                              ///< 0: the connection ended before one came
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// A connection that says exactly what the test wants, over TCP to 127.0.0.1. Blocks, for at most 30 s.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// False when the peer has closed the connection.
  bool send(std::string_view bytes) const;
  /// The next answer.
  HttpReply reply();
  /// POST with these headers (each "Name: value"), and its answer.
  HttpReply post(std::string_view target, std::string_view body, const std::vector<std::string>& headers = {});
  /// Waits for the end of the stream; false when something came instead, or nothing within the limit.
  bool closed();
  /// Ends the connection; what waits on it returns. *Threads*: any.
  void shutdown() const;
  /// True when there is something to read now.
  [[nodiscard]] bool has_input() const;

 private:
  bool fill();
  bool take(std::size_t length, std::string& out);
  bool take_chunks(std::string& out);
  int socket_ = -1;
  std::string buffer_;
};

/// The text of a POST.
std::string post_text(std::string_view target, std::string_view body, const std::vector<std::string>& headers = {});

/// The port in "listening on 127.0.0.1:PORT"; 0 when there is none.
std::uint16_t port_in(std::string_view detail);

}  // namespace tidegate::test
