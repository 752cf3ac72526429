#include "connectors/splunk_hec/service.h"

#include <fmt/format.h>

#include <iterator>

#include "connectors/splunk_hec/answer.h"
#include "connectors/splunk_hec/limits.h"
#include "connectors/splunk_hec/splunk_hec.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"

namespace tidegate {
namespace splunk_hec {

namespace {

constexpr SinkLimits kSinkLimits{limits::kBatchEventsMax, limits::kBatchBytesMax, limits::kInFlightMax};

constexpr int kSuccess = 0;
constexpr int kNoData = 5;

/// Seconds since 1970 with three digits behind the point.
void append_seconds(WallTime time, std::string& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  fmt::format_to(std::back_inserter(out), "{}.{:03}", seconds.time_since_epoch().count(), (time - seconds).count());
}

}  // namespace

HecService::HecService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor)
    : StoreService(stores::join(options.url, "/services/collector/event"), kSinkLimits, std::move(compressor)),
      format_(options.format),
      own_index_(options.index && options.index->filled().constant() == nullptr),
      fields_(context.route) {
  const auto add = [this](std::string_view name, const fields::Text& text) {
    members_.push_back({std::string(name), fields_.add(text)});
  };
  if (options.index) add("index", *options.index);
  if (options.host) add("host", *options.host);
  if (options.sourcetype) add("sourcetype", *options.sourcetype);
  add("source", options.source);
  for (const auto& [name, text] : options.fields.entries) indexed_.push_back({name, fields_.add(text)});
}

std::size_t HecService::body_bytes_max() const noexcept { return limits::kBodyBytesMax; }

Status HecService::append(const OutEvent& out, std::string& body) {
  const Event& event = out.event;
  if (format_ == Format::payload && event.data.empty()) {
    return Error{ErrorCode::invalid, "the payload is empty, and Splunk takes no blank event"};
  }
  const std::size_t start = body.size();
  fields_.read(out);
  body += R"({"time":)";
  append_seconds(event.time, body);
  bool first = false;
  if (Status done = append_members(members_, first, body); !done) {
    body.resize(start);
    return done;
  }
  if (!indexed_.empty()) {
    body += R"(,"fields":{)";
    first = true;
    if (Status done = append_members(indexed_, first, body); !done) {
      body.resize(start);
      return done;
    }
    body += '}';
  }
  body += R"(,"event":)";
  if (format_ == Format::cloudevents) {
    append_cloud_event(event, body);
  } else {
    append_payload_as_json(event, body);
  }
  body += "}\n";
  return {};
}

/// Members whose text is not empty. `first`: of their object.
Status HecService::append_members(const std::vector<Member>& members, bool& first, std::string& out) {
  for (const Member& member : members) {
    value_.clear();
    if (Status filled = fields_.append(member.value, value_, limits::kFieldBytesMax); !filled) {
      return filled.error().in(member.name);
    }
    if (value_.empty()) continue;
    if (!std::exchange(first, false)) out += ',';
    append_json_string(member.name, out);
    out += ':';
    append_json_string(value_, out);
  }
  return {};
}

bool HecService::is_success(const http::Reply& reply) const { return read_answer(reply.body).code == kSuccess; }

Settled HecService::refusal(const http::Reply& reply, http::Events events) {
  return judge_refusal(reply, events, own_index_);
}

bool HecService::probe_passed(const http::Reply& reply) const {
  // The token is looked at before the body, and there is nothing in it.
  return reply.status == 400 && read_answer(reply.body).code == kNoData;
}

}  // namespace splunk_hec

namespace {

using Row = stores::Row<splunk_hec::HecService, splunk_hec::SinkOptions>;

}  // namespace

Result<std::unique_ptr<Sink>> make_splunk_hec_sink(const ConnectorContext& context, const std::any& options) {
  return Row::make(context, options, "Splunk");
}

std::optional<Settled> judge_splunk_hec_answer(const PeerAnswer& answer) { return Row::judge(answer); }

Result<Preview> preview_splunk_hec(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  return Row::show(context, options, event);
}

}  // namespace tidegate
