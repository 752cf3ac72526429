#include "connectors/azure_event_grid/service.h"

#include "connectors/azure_event_grid/limits.h"
#include "connectors/http/error_object.h"
#include "connectors/http/json_batch.h"
#include "connectors/http/limits.h"
#include "gateway/event/cloud_events.h"

namespace tidegate::azure_event_grid {
namespace {

/// What to do about a status that is about the topic or the credential.
std::string_view remedy_of(long status) {
  switch (status) {
    case 401: return "check the access key or the token, and that it is of this topic";
    case 403:
      return "the role EventGrid Data Sender is wanted on the topic, and its network rules must let this site in";
    case 404: return "make the topic, or name another";
    default: return "";
  }
}

/// A topic that wants another schema refuses every event.
bool wants_other_schema(const http::ErrorObject& error) {
  return error.message.find("configured to receive event") != std::string::npos;
}

}  // namespace

Settled judge_publish(const http::Reply& reply, std::size_t events, WallTime now) {
  http::Verdict verdict = http::judge(reply, events, now);
  if (verdict.outcome.fate == Fate::delivered) return http::settled(std::move(verdict));
  const http::ErrorObject error = http::read_error_object(reply.body);
  const bool other_schema = wants_other_schema(error);
  const bool about_content = reply.status == 400 && !error.code.empty() && !other_schema;
  if (verdict.cause != Cause::too_large && !about_content) verdict = http::without_blame(std::move(verdict));
  verdict.outcome.reason = http::reason_of(
      reply, error,
      other_schema ? "the topic must be made with the input schema CloudEvents v1.0" : remedy_of(reply.status));
  return http::settled(std::move(verdict));
}

Status judge_probe(const http::Reply& reply, WallTime now) {
  const http::ErrorObject error = http::read_error_object(reply.body);
  const bool success = reply.status >= 200 && reply.status < 300;
  // An empty batch is refused where there must be an event: by a topic that knew who asked.
  if (success || (reply.status == 400 && !error.code.empty() && !wants_other_schema(error))) return {};
  return http::probe_failure(reply, judge_publish(reply, 1, now));
}

SinkLimits EventGridService::limits() const noexcept {
  return {limits::kRequestEventsMax, tidegate::limits::kHttpBatchBytesMax, limits::kInFlightMax};
}

void EventGridService::begin(http::Request& request) const {
  request.url = url_;
  request.headers.add("Content-Type", kCloudEventBatchContentType);
}

void EventGridService::write(http::Events events, http::Request& request, http::Written& written) {
  begin(request);
  const auto append = [](const OutEvent& event, std::string& out) {
    append_cloud_event(event.event, out);
    return Status();
  };
  http::write_json_batch(events, limits::kRequestBytesMax, "Event Grid", append, request.body, written);
}

Settled EventGridService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return judge_publish(reply, events.size(), now);
}

bool EventGridService::write_probe(http::Request& request) {
  begin(request);
  request.body = "[]";
  return true;
}

Status EventGridService::judge_probe(const http::Reply& reply, WallTime now) {
  return azure_event_grid::judge_probe(reply, now);
}

}  // namespace tidegate::azure_event_grid
