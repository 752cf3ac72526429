#include "gateway/net/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <charconv>

namespace tidegate {

namespace {

bool is_numeric_address(const std::string& host) {
  in6_addr scratch{};
  return inet_pton(AF_INET, host.c_str(), &scratch) == 1 || inet_pton(AF_INET6, host.c_str(), &scratch) == 1;
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const Error wrong{ErrorCode::invalid, "is no address to listen on; write 127.0.0.1:PORT, [::1]:PORT or unix:/path"};
  ListenAddress out;
  if (text.starts_with("unix:")) {
    out.unix_socket = true;
    out.path = text.substr(5);
    if (out.path.empty()) return wrong;
    if (out.path.size() >= sizeof(sockaddr_un::sun_path))
      return Error{ErrorCode::invalid, fmt::format("is too long: the path of a unix socket has at most {} bytes",
                                                   sizeof(sockaddr_un::sun_path) - 1)};
    return out;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  out.host = host == "localhost" ? "127.0.0.1" : host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size() || !is_numeric_address(out.host)) return wrong;
  return out;
}

std::string ListenAddress::text() const {
  if (unix_socket) return "unix:" + path;
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool ListenAddress::is_local() const { return unix_socket || host.starts_with("127.") || host == "::1"; }

}  // namespace tidegate
