#include "connectors/loki/service.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "connectors/loki/answer.h"
#include "connectors/loki/limits.h"
#include "connectors/loki/loki.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"

namespace tidegate {
namespace loki {

namespace {

constexpr SinkLimits kSinkLimits{limits::kBatchEventsMax, limits::kBatchBytesMax, limits::kInFlightMax};

}  // namespace

bool Streams::use(const std::string& labels) {
  const SteadyTime now = clock_.steady();
  if (const auto known = used_.find(labels); known != used_.end()) {
    known->second = now;
    return true;
  }
  if (used_.size() >= max_ && (swept_ == SteadyTime::min() || now - swept_ >= limits::kSweepInterval)) {
    swept_ = now;
    std::erase_if(used_, [&](const auto& stream) { return now - stream.second > limits::kStreamIdle; });
  }
  if (used_.size() >= max_) return false;
  used_.emplace(labels, now);
  return true;
}

PushService::PushService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor)
    : StoreService(stores::join(options.url, "/loki/api/v1/push"), kSinkLimits, std::move(compressor)),
      format_(options.format),
      tenant_(options.tenant),
      max_streams_(options.max_streams),
      streams_(options.max_streams, *context.clock),
      fields_(context.route) {
  for (const auto& [name, text] : options.labels.entries) labels_.push_back({name, fields_.add(text)});
  for (const auto& [name, text] : options.metadata.entries) metadata_.push_back({name, fields_.add(text)});
}

std::size_t PushService::body_bytes_max() const noexcept { return limits::kBodyBytesMax; }

void PushService::begin(std::string& /*body*/) {
  groups_.clear();
  group_of_.clear();
}

Status PushService::append(const OutEvent& out, std::string& /*body*/) {
  const Event& event = out.event;
  fields_.read(out);
  object_.clear();
  if (Status done = append_object(labels_, limits::kLabelBytesMax, object_); !done) return done;
  if (object_ == "{}") return Error{ErrorCode::invalid, "all labels are empty, and a stream needs one"};
  if (!streams_.use(object_)) {
    return Error{
        ErrorCode::invalid,
        fmt::format("it would be a stream more than the {} of max_streams; a label has too many values", max_streams_)};
  }
  std::string metadata;
  if (!metadata_.empty()) {
    if (Status done = append_object(metadata_, limits::kMetadataBytesMax, metadata); !done) return done;
  }
  const auto [group, is_new] = group_of_.try_emplace(object_, groups_.size());
  if (is_new) groups_.push_back({object_, {}});
  std::string& values = groups_[group->second].values;
  if (!values.empty()) values += ',';
  fmt::format_to(std::back_inserter(values), "[\"{}000000\",", event.time.time_since_epoch().count());
  line_.clear();
  if (format_ == Format::cloudevents) {
    append_cloud_event(event, line_);
  } else if (is_utf8(event.data)) {
    line_ = event.data;
  } else {
    append_payload_as_json(event, line_);
  }
  append_json_string(line_, values);
  if (!metadata_.empty()) values += ',' + metadata;
  values += ']';
  return {};
}

void PushService::end(std::string& body) {
  body += R"({"streams":[)";
  for (const Group& group : groups_) {
    if (&group != groups_.data()) body += ',';
    body += R"({"stream":)" + group.labels + R"(,"values":[)";
    body += group.values;
    body += "]}";
  }
  body += "]}";
}

/// A JSON object of the members whose text is not empty.
Status PushService::append_object(const std::vector<Member>& members, std::size_t bytes_max, std::string& out) {
  out += '{';
  for (const Member& member : members) {
    value_.clear();
    if (Status filled = fields_.append(member.value, value_, bytes_max); !filled) return filled.error().in(member.name);
    if (value_.empty()) continue;
    if (out.back() != '{') out += ',';
    append_json_string(member.name, out);
    out += ':';
    append_json_string(value_, out);
  }
  out += '}';
  return {};
}

void PushService::add_headers(http::HeaderLines& headers) const {
  if (!tenant_.empty()) headers.add("X-Scope-OrgID", tenant_);
}

bool PushService::is_success(const http::Reply& reply) const { return reply.status == 204 || reply.body.empty(); }

Settled PushService::refusal(const http::Reply& reply, http::Events events) { return judge_refusal(reply, events); }

bool PushService::probe_passed(const http::Reply& reply) const {
  // Whether no stream is too few depends on the version; tenant and credential were looked at before.
  return reply.status == 204 || reply.status == 422 || (reply.status == 400 && !reply.body.starts_with('<'));
}

}  // namespace loki

namespace {

using Row = stores::Row<loki::PushService, loki::SinkOptions>;

}  // namespace

Result<std::unique_ptr<Sink>> make_loki_sink(const ConnectorContext& context, const std::any& options) {
  return Row::make(context, options, "Bearer");
}

std::optional<Settled> judge_loki_answer(const PeerAnswer& answer) { return Row::judge(answer); }

Result<Preview> preview_loki(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  return Row::show(context, options, event);
}

}  // namespace tidegate
