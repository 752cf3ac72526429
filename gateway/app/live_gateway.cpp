#include "gateway/app/live_gateway.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "gateway/admin/client.h"

namespace tidegate {

using nlohmann::json;

namespace {

bool same_directory(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

}  // namespace

Result<std::optional<LiveGateway>> LiveGateway::find(const Config& config) {
  const LiveGateway candidate(config.gateway.admin.listen);
  const auto status = candidate.call("GET", "/v1/status");
  if (status) {
    const std::string theirs = status->value("data_dir", "");
    if (same_directory(theirs, config.gateway.data_dir)) return std::optional(candidate);
    return std::optional<LiveGateway>{};
  }
  if (status.error().code == ErrorCode::unavailable) return std::optional<LiveGateway>{};
  return status.error();
}

Result<LiveGateway> LiveGateway::need(const Config& config) {
  auto live = find(config);
  if (!live) return std::move(live).error();
  if (*live) return **std::move(live);
  return Error{ErrorCode::unavailable,
               fmt::format("no gateway runs with this config (nobody with its data directory answers at {}): start it "
                           "with `tidegate run`",
                           config.gateway.admin.listen.text())};
}

Result<std::string> LiveGateway::call_text(const std::string& method, const std::string& target,
                                           const std::string& body) const {
  auto reply = admin_call(at_, method, target, body);
  if (!reply) return std::move(reply).error();
  if (reply->status == 200) return std::move(reply->body);
  const json document = json::parse(reply->body, nullptr, false);
  const bool explained = document.is_object() && document.contains("error") && document["error"].is_string();
  return Error{ErrorCode::refused, explained ? document["error"].get<std::string>()
                                             : fmt::format("the gateway at {} answered {}", at_.text(), reply->status)};
}

Result<json> LiveGateway::call(const std::string& method, const std::string& target) const {
  const auto text = call_text(method, target);
  if (!text) return text.error();
  json document = json::parse(*text, nullptr, false);
  if (!document.is_object()) return Error{ErrorCode::io, "what answers at " + at_.text() + " is no Tidegate gateway"};
  return document;
}

}  // namespace tidegate
