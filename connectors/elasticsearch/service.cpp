#include "connectors/elasticsearch/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/auth/encoding.h"
#include "connectors/elasticsearch/answer.h"
#include "connectors/elasticsearch/elasticsearch.h"
#include "connectors/elasticsearch/limits.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {
namespace elasticsearch {

namespace {

constexpr SinkLimits kSinkLimits{limits::kBatchEventsMax, limits::kBatchBytesMax, limits::kInFlightMax};

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kTimestamp = "@timestamp";

/// Of an answer only what is judged.
constexpr std::string_view kFilter = "items.*.status,items.*.error.type,items.*.error.reason";

std::string bulk_url(const SinkOptions& options) {
  std::string query;
  auth::append_form_field("filter_path", kFilter, query);
  if (!options.pipeline.empty()) auth::append_form_field("pipeline", options.pipeline, query);
  return stores::join(options.url, "/_bulk?") + query;
}

bool is_object(std::string_view json) {
  const std::size_t from = json.find_first_not_of(kSpace);
  return from != std::string_view::npos && json[from] == '{' && is_embeddable_json(json);
}

bool has_timestamp(std::string_view object) {
  JsonItems members(object);
  while (members.next()) {
    if (json_string_content(members.key()) == kTimestamp) return true;
  }
  return false;
}

/// Puts the member in front of those of the object that begins at `object`.
void insert_timestamp(WallTime time, std::size_t object, std::string& out) {
  const std::size_t inside = out.find('{', object) + 1;
  std::string member = fmt::format("\"{}\":\"", kTimestamp);
  append_rfc3339(time, member);
  member += '"';
  if (out[out.find_first_not_of(kSpace, inside)] != '}') member += ',';
  out.insert(inside, member);
}

}  // namespace

BulkService::BulkService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor)
    : StoreService(bulk_url(options), kSinkLimits, std::move(compressor)),
      action_(options.action),
      format_(options.format),
      fields_(context.route),
      index_(fields_.add(options.index)) {}

std::size_t BulkService::reply_bytes_max() const noexcept { return limits::kReplyBytesMax; }
std::size_t BulkService::body_bytes_max() const noexcept { return limits::kBodyBytesMax; }

Status BulkService::append(const OutEvent& out, std::string& body) {
  const Event& event = out.event;
  if (event.id.size() > limits::kIdBytesMax) {
    return Error{ErrorCode::invalid, fmt::format("the id has {} bytes, and Elasticsearch takes {} at most",
                                                 event.id.size(), limits::kIdBytesMax)};
  }
  fields_.read(out);
  index_name_.clear();
  if (Status filled = fields_.append(index_, index_name_, limits::kIndexBytesMax); !filled) {
    return filled.error().in("index");
  }
  body += action_ == Action::create ? R"({"create":{"_index":)" : R"({"index":{"_index":)";
  append_json_string(index_name_, body);
  body += R"(,"_id":)";
  append_json_string(event.id, body);
  body += "}}\n";
  append_document(event, body);
  body += '\n';
  return {};
}

void BulkService::append_document(const Event& event, std::string& body) const {
  const std::size_t start = body.size();
  bool has_time = false;
  if (format_ == Format::cloudevents) {
    append_cloud_event(event, body);
  } else if (is_object(event.data)) {
    body += event.data;
    has_time = has_timestamp(event.data);
  } else {
    body += R"({"data":)";
    append_payload_as_json(event, body);
    body += '}';
  }
  if (!has_time) insert_timestamp(event.time, start, body);
  // JSON may break lines only between its tokens, where a space means the same.
  std::replace_if(
      body.begin() + static_cast<std::ptrdiff_t>(start), body.end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
}

Settled BulkService::other_success(const http::Reply& reply, http::Events events) {
  return judge_items(reply, events, action_);
}

bool BulkService::probe_passed(const http::Reply& reply) const {
  // Credential and body are looked at, in this order, and there is nothing in the body.
  const bool empty = reply.body.find("request body is required") != std::string_view::npos ||
                     reply.body.find("no requests added") != std::string_view::npos ||
                     reply.body.find("parse_exception") != std::string_view::npos;
  return reply.status == 400 && empty;
}

}  // namespace elasticsearch

namespace {

using Row = stores::Row<elasticsearch::BulkService, elasticsearch::SinkOptions>;

}  // namespace

Result<std::unique_ptr<Sink>> make_elasticsearch_sink(const ConnectorContext& context, const std::any& options) {
  return Row::make(context, options, "ApiKey");
}

std::optional<Settled> judge_elasticsearch_answer(const PeerAnswer& answer) { return Row::judge(answer); }

Result<Preview> preview_elasticsearch(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  return Row::show(context, options, event);
}

}  // namespace tidegate
