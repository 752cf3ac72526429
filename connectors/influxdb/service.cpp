#include "connectors/influxdb/service.h"

#include "connectors/influxdb/answer.h"
#include "connectors/influxdb/influxdb.h"
#include "connectors/influxdb/limits.h"

namespace tidegate {
namespace influxdb {

namespace {

constexpr SinkLimits kSinkLimits{limits::kBatchEventsMax, limits::kBatchBytesMax, limits::kInFlightMax};

}  // namespace

InfluxService::InfluxService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor)
    : StoreService(write_url(options), kSinkLimits, std::move(compressor)), points_(options, context.route) {}

std::size_t InfluxService::reply_bytes_max() const noexcept { return limits::kReplyBytesMax; }
std::size_t InfluxService::body_bytes_max() const noexcept { return limits::kBodyBytesMax; }

Settled InfluxService::refusal(const http::Reply& reply, http::Events events) { return judge_refusal(reply, events); }

bool InfluxService::probe_passed(const http::Reply& reply) const {
  if (reply.status == 204) return true;
  // InfluxDB 2 looks at credential, organization and bucket first, and then misses the points.
  const std::string said = stores::reply_text(reply.body);
  return reply.status == 400 &&
         (said.find("points") != std::string::npos || said.find("no lines") != std::string::npos);
}

}  // namespace influxdb

namespace {

using Row = stores::Row<influxdb::InfluxService, influxdb::SinkOptions>;

}  // namespace

Result<std::unique_ptr<Sink>> make_influxdb_sink(const ConnectorContext& context, const std::any& options) {
  return Row::make(context, options, "Token");
}

std::optional<Settled> judge_influxdb_answer(const PeerAnswer& answer) { return Row::judge(answer); }

Result<Preview> preview_influxdb(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  return Row::show(context, options, event);
}

}  // namespace tidegate
