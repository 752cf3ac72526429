#include "gateway/admin/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "gateway/admin/limits.h"

namespace tidegate {

using nlohmann::json;

namespace {

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

AdminResponse ok(std::string body) { return {200, "application/json", std::move(body), {}}; }

AdminResponse failed(const Error& error) {
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

struct Target {
  std::string_view path;
  std::map<std::string, std::string, std::less<>> query;
};

Target parse_target(std::string_view text) {
  Target out;
  const std::size_t mark = text.find('?');
  out.path = text.substr(0, mark);
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

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
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

Result<DeadQuery> dead_query(const Target& target) {
  DeadQuery query;
  if (const auto lane = target.query.find("lane"); lane != target.query.end()) query.lane = lane->second;
  for (const auto& [name, value] : target.query) {
    if (name != "after" && name != "limit") continue;
    const auto number = parse_number(value);
    if (!number) return Error{ErrorCode::invalid, fmt::format("{} wants a whole number", name)};
    if (name == "after") query.after = *number;
    if (name == "limit") query.limit = std::clamp<std::size_t>(*number, 1, limits::kDeadPageMax);
  }
  return query;
}

AdminResponse get_dead(const Target& target, AdminBackend& backend) {
  const auto query = dead_query(target);
  if (!query) return failed(query.error());
  const auto data = target.query.find("data");
  const bool whole = data != target.query.end() && data->second == "1";
  auto page =
      dead_page_json([&backend](const DeadQuery& wanted) { return backend.dead_letters(wanted); }, *query, whole);
  return page ? ok(*std::move(page)) : failed(page.error());
}

Result<std::vector<std::uint64_t>> numbers_in(const std::string& body) {
  const Error wrong{ErrorCode::invalid, R"(the body must be {"numbers": [1, 2, 3]})"};
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object() || !document.contains("numbers") || !document["numbers"].is_array()) return wrong;
  std::vector<std::uint64_t> numbers;
  for (const json& number : document["numbers"]) {
    if (!number.is_number_unsigned()) return wrong;
    numbers.push_back(number.get<std::uint64_t>());
  }
  if (numbers.empty()) return wrong;
  if (numbers.size() > limits::kDeadNumbersMax)
    return Error{ErrorCode::invalid, fmt::format("at most {} numbers in one call", limits::kDeadNumbersMax)};
  return numbers;
}

template <class Call>
AdminResponse change_dead(const AdminRequest& request, std::string_view done, Call call) {
  const auto numbers = numbers_in(request.body);
  if (!numbers) return failed(numbers.error());
  const Result<std::uint64_t> count = call(*numbers);
  return count ? ok(dumped({{done, *count}})) : failed(count.error());
}

/// "/v1/lanes/{route}/{sink}/resume" -> route and sink.
std::optional<std::pair<std::string, std::string>> resumed_lane(std::string_view path) {
  constexpr std::string_view kBefore = "/v1/lanes/";
  constexpr std::string_view kAfter = "/resume";
  if (!path.starts_with(kBefore) || !path.ends_with(kAfter) || path.size() <= kBefore.size() + kAfter.size())
    return std::nullopt;
  const std::string_view lane = path.substr(kBefore.size(), path.size() - kBefore.size() - kAfter.size());
  const std::size_t slash = lane.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return std::pair{percent_decoded(lane.substr(0, slash)), percent_decoded(lane.substr(slash + 1))};
}

AdminResponse resume(const std::pair<std::string, std::string>& lane, AdminBackend& backend) {
  const Status done = backend.resume_lane(lane.first, lane.second);
  return done ? ok(dumped({{"resumed", lane.first + "/" + lane.second}})) : failed(done.error());
}

/// The methods of a path; empty when there is no such path.
std::string_view methods_of(std::string_view path) {
  if (path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/v1/status" || path == "/v1/dead")
    return "GET";
  if (path == "/v1/dead/retry" || path == "/v1/dead/drop" || resumed_lane(path)) return "POST";
  return {};
}

AdminResponse answer_get(const Target& target, AdminBackend& backend) {
  if (target.path == "/healthz") return {200, "text/plain", "ok\n", {}};
  if (target.path == "/readyz") {
    if (backend.ready()) return {200, "text/plain", "ready\n", {}};
    return {503, "text/plain", "not ready\n", {}};
  }
  if (target.path == "/metrics") return {200, "text/plain; version=0.0.4", backend.metrics_text(), {}};
  if (target.path == "/v1/status") return ok(dumped(to_json(backend.status())));
  return get_dead(target, backend);
}

AdminResponse answer_post(const AdminRequest& request, std::string_view path, AdminBackend& backend) {
  if (const auto lane = resumed_lane(path)) return resume(*lane, backend);
  // A form of another site cannot have this content type, so a browser asks first, and is not answered.
  if (!request.content_type.starts_with("application/json"))
    return error_response(415, "send the body as application/json");
  if (path == "/v1/dead/retry")
    return change_dead(request, "retried", [&](const auto& numbers) { return backend.retry_dead(numbers); });
  return change_dead(request, "dropped", [&](const auto& numbers) { return backend.drop_dead(numbers); });
}

}  // namespace

bool needs_disk(const AdminRequest& request) { return parse_target(request.target).path.starts_with("/v1/dead"); }

AdminResponse answer(const AdminRequest& request, const AdminAccess& access, AdminBackend& backend) {
  const Target target = parse_target(request.target);
  const std::string_view methods = methods_of(target.path);
  if (methods.empty()) return error_response(404, "no such path");
  if (request.method != methods) {
    AdminResponse response = error_response(405, "method not allowed");
    response.allow = methods;
    return response;
  }
  if (target.path.starts_with("/v1/")) {
    if (const Status allowed = check_access(request, access); !allowed)
      return error_response(403, allowed.error().message);
  }
  if (request.method == "GET") return answer_get(target, backend);
  return answer_post(request, target.path, backend);
}

AdminResponse error_response(std::uint16_t status, std::string_view message) {
  return {status, "application/json", dumped({{"error", message}}), {}};
}

Result<std::string> dead_page_json(DeadFetch fetch, DeadQuery query, bool whole) {
  std::string out = R"({"letters":[)";
  const std::size_t wanted = query.limit;
  bool more = false;
  for (std::size_t count = 0;; ++count) {
    // One at a time: a page of events of 8 MiB must not become memory.
    query.limit = 1;
    const auto letters = fetch(query);
    if (!letters) return letters.error();
    if (letters->empty()) break;
    if (count == wanted || out.size() > limits::kDeadPageBytesMax) {
      more = true;
      break;
    }
    if (count > 0) out += ',';
    out += dead_letter_json(letters->front(), whole);
    query.after = letters->front().number;
  }
  out += more ? fmt::format(R"(],"next":{}}})", query.after) : R"(],"next":null})";
  return out;
}

}  // namespace tidegate
