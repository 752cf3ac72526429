#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/admin/backend.h"

namespace tidegate {

/// A request to the admin API, free of the HTTP library. Views live as long as the call.
struct AdminRequest {
  std::string method;        ///< "GET", "POST", "DELETE"
  std::string target;        ///< path and query as sent
  std::string host;          ///< the Host header
  std::string origin;        ///< the Origin header; browsers send it with what a page of another site starts
  std::string content_type;  ///< of the body
  std::string body;
};

struct AdminResponse {
  std::uint16_t status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;  ///< for 405: the methods there are
};

/// Whom the API talks to: the guard against web pages that reach for a loopback port (DNS rebinding, forged forms).
struct AdminAccess {
  bool unix_socket = false;  ///< file permissions decide; browsers do not come this way
  std::string listen_host;   ///< the host part of admin.listen
};

/// True when answering waits for the disk, so that the network thread must not do it.
[[nodiscard]] bool needs_disk(const AdminRequest& request);

/// Answers one request. *Blocks* exactly when needs_disk(request).
[[nodiscard]] AdminResponse answer(const AdminRequest& request, const AdminAccess& access, AdminBackend& backend);

/// {"error": message} with a status.
[[nodiscard]] AdminResponse error_response(std::uint16_t status, std::string_view message);

/// Reads one page of dead letters, one event in memory at a time: {"letters": [...], "next": number or null}.
/// `fetch` gives the letters of a query. *Blocks*.
using DeadFetch = UniqueFunction<Result<std::vector<DeadLetter>>(const DeadQuery&)>;
[[nodiscard]] Result<std::string> dead_page_json(DeadFetch fetch, DeadQuery query, bool whole);

}  // namespace tidegate
