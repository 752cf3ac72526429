#include "connectors/azure_event_hubs/service.h"

#include <fmt/format.h>

#include <functional>

#include "connectors/azure_event_hubs/limits.h"
#include "connectors/http/error_object.h"
#include "connectors/http/json_batch.h"
#include "connectors/http/limits.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"

namespace tidegate::azure_event_hubs {
namespace {

/// The service's own words: <Error><Code>404</Code><Detail>...</Detail></Error>; empty when it has none.
std::string detail_of(const http::Reply& reply) {
  constexpr std::string_view kBegin = "<Detail>", kEnd = "</Detail>";
  const std::size_t from = reply.body.find(kBegin);
  const std::size_t to = from == std::string_view::npos ? from : reply.body.find(kEnd, from);
  if (to == std::string_view::npos) return {};
  return http::excerpt(reply.body.substr(from + kBegin.size(), to - from - kBegin.size()), limits::kWordsBytesMax);
}

bool has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

std::string_view remedy_of(long status) {
  switch (status) {
    case 401: return "check the key or the token, and that its policy has the claim Send";
    case 404:
    case 410: return "make the event hub, or name another";
    default: return "";
  }
}

}  // namespace

Settled judge_publish(const http::Reply& reply, std::size_t events, WallTime now) {
  http::Verdict verdict = http::judge(reply, events, now);
  if (reply.status == 201) return http::settled(std::move(verdict));
  std::string reason = fmt::format("HTTP {}", reply.status);
  if (reply.status < 300) {
    return http::settled(
        {{Fate::unknown, reason + " in place of 201: not an answer of Event Hubs"}, Cause::peer_down, std::nullopt});
  }
  const std::string detail = detail_of(reply);
  if (!detail.empty()) reason += ": " + detail;
  if (const std::string_view remedy = remedy_of(reply.status); !remedy.empty()) reason += fmt::format("; {}", remedy);
  const bool quota = reply.status == 403 && has(detail, "uota");
  const bool busy = reply.status == 503 && (has(detail, "busy") || has(detail, "50002") || has(detail, "throttl"));
  const bool large = reply.status == 403 && has(detail, "too large");
  if (large) {
    verdict = {{events == 1 ? Fate::rejected : Fate::retry, {}}, Cause::too_large, std::nullopt};
  } else if (quota || busy) {
    verdict = {{Fate::retry, {}}, Cause::throttled, http::parse_retry_after(reply.retry_after, now)};
  } else if (verdict.cause != Cause::too_large && (reply.status != 400 || detail.empty())) {
    verdict = http::without_blame(std::move(verdict));
  }
  verdict.outcome.reason = std::move(reason);
  return http::settled(std::move(verdict));
}

Status judge_probe(const http::Reply& reply, WallTime now) {
  if (reply.status == 201 || (reply.status == 400 && !detail_of(reply).empty())) return {};
  return http::probe_failure(reply, judge_publish(reply, 1, now));
}

EventHubsService::EventHubsService(const SinkOptions& options, const std::string& route)
    : options_(options), url_(publish_url(options)), key_fields_(route), fields_(route) {
  if (options_.partition_key) key_ = key_fields_.add(*options_.partition_key);
  for (const auto& [name, text] : options_.properties.entries) properties_.emplace_back(name, fields_.add(text));
}

SinkLimits EventHubsService::limits() const noexcept {
  return {limits::kRequestEventsMax, tidegate::limits::kHttpBatchBytesMax, limits::kInFlightMax};
}

void EventHubsService::begin(http::Request& request) const {
  request.url = url_;
  request.headers.add("Content-Type", "application/vnd.microsoft.servicebus.json");
}

/// Puts the event's partition key into partition_key_; empty: it has none.
Status EventHubsService::fill_key(const OutEvent& event) {
  partition_key_.clear();
  if (!key_) return {};
  key_fields_.read(event);
  if (key_fields_.is_nothing(*key_)) return {};
  return key_fields_.append(*key_, partition_key_, limits::kPartitionKeyBytesMax);
}

std::uint64_t EventHubsService::destination(const OutEvent& event) {
  return fill_key(event) ? std::hash<std::string>()(partition_key_) : 0;
}

Status EventHubsService::append_properties(std::string& out) {
  out += ",\"UserProperties\":{";
  bool first = true;
  for (const auto& [name, field] : properties_) {
    if (fields_.is_nothing(field)) continue;
    scratch_.clear();
    if (Status filled = fields_.append(field, scratch_, limits::kPropertyBytesMax); !filled) {
      return filled.error().in("properties." + name);
    }
    if (!first) out += ',';
    first = false;
    append_json_string(name, out);
    out += ':';
    append_json_string(scratch_, out);
  }
  out += '}';
  return {};
}

/// *Errors*: invalid, a sentence; then `out` is of no use beyond its old size.
Status EventHubsService::append_event(const OutEvent& event, std::string& out) {
  if (Status filled = fill_key(event); !filled) return filled.error().in("partition_key");
  out += "{\"Body\":";
  if (options_.format == Format::cloudevents) {
    scratch_.clear();
    append_cloud_event(event.event, scratch_);
    append_json_string(scratch_, out);
  } else {
    if (!is_utf8(event.event.data)) {
      return Error{ErrorCode::invalid,
                   "the payload is no text, and Event Hubs takes no bytes over HTTPS; "
                   "format: cloudevents can carry them"};
    }
    append_json_string(event.event.data, out);
  }
  if (!properties_.empty()) {
    fields_.read(event);
    if (Status appended = append_properties(out); !appended) return appended;
  }
  if (!partition_key_.empty()) {
    out += ",\"BrokerProperties\":{\"PartitionKey\":";
    append_json_string(partition_key_, out);
    out += '}';
  }
  out += '}';
  return {};
}

void EventHubsService::write(http::Events events, http::Request& request, http::Written& written) {
  begin(request);
  const auto append = [this](const OutEvent& event, std::string& out) { return append_event(event, out); };
  http::write_json_batch(events, limits::kRequestBytesMax, "Event Hubs", append, request.body, written);
}

Settled EventHubsService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return judge_publish(reply, events.size(), now);
}

bool EventHubsService::write_probe(http::Request& request) {
  begin(request);
  request.body = "[]";
  return true;
}

Status EventHubsService::judge_probe(const http::Reply& reply, WallTime now) {
  return azure_event_hubs::judge_probe(reply, now);
}

}  // namespace tidegate::azure_event_hubs
