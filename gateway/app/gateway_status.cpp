#include "gateway/app/gateway_status.h"

#include <nlohmann/json.hpp>

#include "gateway/admin/status.h"
#include "gateway/app/live_gateway.h"
#include "gateway/app/version.h"

namespace tidegate {

using nlohmann::json;

namespace {

Result<json> cold_status(const Config& config) {
  auto found = audit(config.gateway.data_dir);
  if (!found) return std::move(found).error();
  StatusReport report;
  report.version = version();
  report.gateway_id = config.gateway.id;
  report.data_dir = config.gateway.data_dir.string();
  report.live = false;
  report.now = SystemClock{}.wall();
  report.spool = std::move(found->books);
  report.spool.bytes_max = config.spool.max_bytes;
  for (const SourceConfig& source : config.sources)
    report.sources.push_back({source.name, std::string(source.type->name)});
  for (const RouteConfig& route : config.routes) {
    for (const std::string& sink : route.to)
      report.lanes.push_back({route.name, sink, std::string(config.sink(sink)->type->name), std::nullopt});
  }
  return to_json(report);
}

}  // namespace

Result<json> gateway_status(const Config& config) {
  const auto live = LiveGateway::find(config);
  if (!live) return live.error();
  if (*live) return (*live)->call("GET", "/v1/status");
  return cold_status(config);
}

}  // namespace tidegate
