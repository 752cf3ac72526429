#include "gateway/admin/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "gateway/admin/call.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// One call of the API. In `path` a {} stands for any one part, which becomes one of the call's names.
struct Endpoint {
  enum class Way : std::uint8_t {
    net,   ///< answered on the network thread
    disk,  ///< waits for the disk
  };
  std::string_view method;
  std::string_view path;
  Way way;
  bool takes_json;  ///< has a body
  AdminResponse (*answer)(const AdminCall&);
};

AdminResponse healthz(const AdminCall&) { return {200, "text/plain", "ok\n", {}}; }

AdminResponse readyz(const AdminCall& call) {
  if (call.backend.ready()) return {200, "text/plain", "ready\n", {}};
  return {503, "text/plain", "not ready\n", {}};
}

AdminResponse metrics(const AdminCall& call) {
  return {200, "text/plain; version=0.0.4", call.backend.metrics_text(), {}};
}

AdminResponse status(const AdminCall& call) { return ok_response(dumped(to_json(call.backend.status()))); }

using Way = Endpoint::Way;
constexpr std::array kEndpoints = {
    Endpoint{"GET", "/healthz", Way::net, false, healthz},
    Endpoint{"GET", "/readyz", Way::net, false, readyz},
    Endpoint{"GET", "/metrics", Way::net, false, metrics},
    Endpoint{"GET", "/v1/status", Way::net, false, status},
    Endpoint{"GET", "/v1/dead", Way::disk, false, get_dead},
    Endpoint{"POST", "/v1/dead/retry", Way::disk, true, retry_dead},
    Endpoint{"POST", "/v1/dead/drop", Way::disk, true, drop_dead},
    Endpoint{"POST", "/v1/lanes/{}/{}/resume", Way::net, false, resume_lane},
    Endpoint{"POST", "/v1/lanes/{}/{}/drop", Way::disk, false, drop_lane},
    Endpoint{"POST", "/v1/lanes/{}/{}/adopt", Way::disk, true, adopt_lane},
    Endpoint{"GET", "/v1/replays", Way::net, false, list_replays},
    Endpoint{"POST", "/v1/replays", Way::net, true, begin_replay},
    Endpoint{"GET", "/v1/replays/{}", Way::net, false, show_replay},
    Endpoint{"DELETE", "/v1/replays/{}", Way::net, false, cancel_replay},
    Endpoint{"POST", "/v1/taps", Way::net, true, open_tap},
    Endpoint{"GET", "/v1/taps/{}", Way::net, false, poll_tap},
    Endpoint{"DELETE", "/v1/taps/{}", Way::net, false, close_tap},
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The names in a path that is of the pattern's form.
std::optional<std::vector<std::string>> names_in(std::string_view path, std::string_view pattern) {
  std::vector<std::string> names;
  while (!path.empty() && !pattern.empty()) {
    const std::string_view part = path.substr(0, path.find('/', 1));
    const std::string_view wanted = pattern.substr(0, pattern.find('/', 1));
    if (wanted == "/{}" && part.size() > 1) {
      names.push_back(percent_decoded(part.substr(1)));
    } else if (part != wanted) {
      return std::nullopt;
    }
    path.remove_prefix(part.size());
    pattern.remove_prefix(wanted.size());
  }
  if (!path.empty() || !pattern.empty()) return std::nullopt;
  return names;
}

AdminCall take_apart(const AdminRequest& request, AdminBackend& backend) {
  const std::string_view text = request.target;
  const std::size_t mark = text.find('?');
  AdminCall out{request, text.substr(0, mark), {}, {}, backend};
  std::string_view rest = mark == std::string_view::npos ? std::string_view{} : text.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    out.query.emplace(percent_decoded(pair.substr(0, equals)), percent_decoded(pair.substr(equals + 1)));
  }
  return out;
}

/// "example.com:8686" -> "example.com", "[::1]:8686" -> "::1".
std::string_view host_part(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.rfind(':'));
}

/// A page of another site can make a browser send requests here under a name of its own (DNS rebinding) or post a form.
/// It cannot choose a numeric Host, and its Origin tells it apart.
Status check_access(const AdminRequest& request, const AdminAccess& access) {
  if (access.unix_socket) return {};
  const std::string_view host = host_part(request.host);
  const bool numeric = !host.empty() && host.find_first_not_of("0123456789.:abcdefABCDEF") == std::string_view::npos &&
                       host.find_first_of(".:") != std::string_view::npos;
  if (!numeric && host != "localhost" && host != access.listen_host)
    return Error{ErrorCode::refused, fmt::format("the admin API does not answer to the host name \"{}\"; "
                                                 "use the address it listens on",
                                                 host)};
  if (!request.origin.empty() && request.origin != "http://" + request.host)
    return Error{ErrorCode::refused, "the admin API does not answer to pages of other sites"};
  return {};
}

/// The endpoint that a call is for, its names filled in; null, and the methods there are (none: no such path).
const Endpoint* find_endpoint(AdminCall& call, std::string& methods) {
  for (const Endpoint& endpoint : kEndpoints) {
    auto names = names_in(call.path, endpoint.path);
    if (!names) continue;
    if (endpoint.method == call.request.method) {
      call.names = *std::move(names);
      return &endpoint;
    }
    methods += (methods.empty() ? "" : ", ") + std::string(endpoint.method);
  }
  return nullptr;
}

}  // namespace

bool needs_disk(const AdminRequest& request) {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  return std::any_of(kEndpoints.begin(), kEndpoints.end(), [&](const Endpoint& endpoint) {
    return endpoint.way == Way::disk && endpoint.method == request.method && names_in(path, endpoint.path);
  });
}

AdminResponse answer(const AdminRequest& request, const AdminAccess& access, AdminBackend& backend) {
  AdminCall call = take_apart(request, backend);
  std::string methods;
  const Endpoint* const endpoint = find_endpoint(call, methods);
  if (endpoint == nullptr && methods.empty()) return error_response(404, "no such path");
  if (endpoint == nullptr) {
    AdminResponse response = error_response(405, "method not allowed");
    response.allow = methods;
    return response;
  }
  if (call.path.starts_with("/v1/")) {
    if (const Status allowed = check_access(request, access); !allowed)
      return error_response(403, allowed.error().message);
  }
  // A form of another site cannot have this content type, so a browser asks first, and is not answered.
  if (endpoint->takes_json && !request.content_type.starts_with("application/json"))
    return error_response(415, "send the body as application/json");
  return endpoint->answer(call);
}

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

AdminResponse ok_response(std::string body) { return {200, "application/json", std::move(body), {}}; }

AdminResponse error_response(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found: return error_response(404, error.message);
    case ErrorCode::invalid: return error_response(400, error.message);
    case ErrorCode::refused: return error_response(409, error.message);
    case ErrorCode::stopping:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::full: return error_response(503, error.message);
    case ErrorCode::io:
    case ErrorCode::corrupt: break;
  }
  return error_response(500, error.message);
}

AdminResponse error_response(std::uint16_t status, std::string_view message) {
  return {status, "application/json", dumped({{"error", message}}), {}};
}

std::optional<std::uint64_t> parse_whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace tidegate
