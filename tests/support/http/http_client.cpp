#include "tests/support/http/http_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>

namespace tidegate::test {

namespace {
constexpr int kPatienceMs = 30'000;
}

HttpClient::HttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

HttpClient::~HttpClient() {
  if (socket_ >= 0) ::close(socket_);
}

void HttpClient::shutdown() const { ::shutdown(socket_, SHUT_RDWR); }

bool HttpClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpClient::has_input() const {
  pollfd waiting{socket_, POLLIN, 0};
  return !buffer_.empty() || ::poll(&waiting, 1, 0) > 0;
}

bool HttpClient::fill() {
  if (socket_ < 0) return false;
  pollfd waiting{socket_, POLLIN, 0};
  if (::poll(&waiting, 1, kPatienceMs) <= 0) return false;
  char bytes[4096];
  const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

HttpReply HttpClient::reply() {
  HttpReply out;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return out;
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    std::string name = head.substr(at, colon - at);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    out.headers[name] = head.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  const auto length = static_cast<std::size_t>(std::atoll(out.headers["content-length"].c_str()));
  const bool whole = out.headers["transfer-encoding"] == "chunked" ? take_chunks(out.body) : take(length, out.body);
  if (!whole) return out;
  out.status = std::atoi(head.c_str() + 9);
  return out;
}

bool HttpClient::take(std::size_t length, std::string& out) {
  while (buffer_.size() < length) {
    if (!fill()) return false;
  }
  out.append(buffer_, 0, length);
  buffer_.erase(0, length);
  return true;
}

bool HttpClient::take_chunks(std::string& out) {
  for (;;) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      if (!fill()) return false;
    }
    const auto length = static_cast<std::size_t>(std::strtoull(buffer_.c_str(), nullptr, 16));
    buffer_.erase(0, end + 2);
    std::string line_end;
    if (!take(length, out) || !take(2, line_end)) return false;
    if (length == 0) return true;
  }
}

HttpReply HttpClient::post(std::string_view target, std::string_view body, const std::vector<std::string>& headers) {
  send(post_text(target, body, headers));
  return reply();
}

bool HttpClient::closed() {
  if (socket_ < 0) return true;
  pollfd waiting{socket_, POLLIN, 0};
  if (!buffer_.empty() || ::poll(&waiting, 1, kPatienceMs) <= 0) return false;
  char byte = 0;
  return ::recv(socket_, &byte, 1, 0) <= 0;
}

std::string post_text(std::string_view target, std::string_view body, const std::vector<std::string>& headers) {
  std::string text = "POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
  for (const auto& header : headers) text += header + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return text + std::string(body);
}

std::uint16_t port_in(std::string_view detail) {
  constexpr std::string_view kBefore = "listening on 127.0.0.1:";
  const std::size_t at = detail.find(kBefore);
  if (at == std::string_view::npos) return 0;
  return static_cast<std::uint16_t>(std::atoi(detail.data() + at + kBefore.size()));
}

}  // namespace tidegate::test
