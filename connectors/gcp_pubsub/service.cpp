#include "connectors/gcp_pubsub/service.h"

#include <fmt/format.h>

#include "connectors/gcp_pubsub/limits.h"
#include "connectors/gcp_pubsub/reply.h"
#include "connectors/http/limits.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::gcp_pubsub {
namespace {

std::string url_of(const SinkOptions& options, std::string_view verb) {
  std::string_view endpoint = options.endpoint;
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  return fmt::format("{}/v1/projects/{}/topics/{}:{}", endpoint, options.project, options.topic, verb);
}

}  // namespace

PubsubService::PubsubService(const SinkOptions& options, const std::string& route)
    : options_(options),
      topic_(fmt::format("projects/{}/topics/{}", options.project, options.topic)),
      publish_url_(url_of(options, "publish")),
      probe_url_(url_of(options, "testIamPermissions")),
      fields_(route) {
  if (options_.ordering_key) ordering_key_ = fields_.add(*options_.ordering_key);
  for (const auto& [name, text] : options_.attributes.entries) texts_.emplace_back(name, fields_.add(text));
}

SinkLimits PubsubService::limits() const noexcept {
  return {limits::kRequestMessagesMax, tidegate::limits::kHttpBatchBytesMax, limits::kInFlightMax};
}

Status PubsubService::add_attribute(std::string_view name, std::string_view value) {
  if (value.size() > limits::kAttributeValueBytesMax) {
    return Error{ErrorCode::invalid, fmt::format("attribute {} has {} bytes, more than the {} that Pub/Sub takes", name,
                                                 value.size(), limits::kAttributeValueBytesMax)};
  }
  if (attribute_count_ == limits::kAttributesMax) {
    return Error{ErrorCode::invalid,
                 fmt::format("more attributes than the {} that Pub/Sub takes", limits::kAttributesMax)};
  }
  if (attribute_count_++ > 0) attributes_ += ',';
  append_json_string(name, attributes_);
  attributes_ += ':';
  append_json_string(value, attributes_);
  attribute_bytes_ += name.size() + value.size() + limits::kAttributeOverheadBytes;
  return {};
}

/// Those of CloudEvents.
Status PubsubService::add_attributes(const OutEvent& out) {
  const Event& event = out.event;
  if (options_.format == Format::raw) return {};
  if (options_.format == Format::cloudevents) return add_attribute("content-type", kCloudEventContentType);
  if (Status added = add_attribute("content-type", payload_content_type(event)); !added) return added;
  const std::string time = format_utc(event.time);
  const std::pair<std::string_view, std::string_view> own[] = {
      {"ce-specversion", "1.0"}, {"ce-id", event.id}, {"ce-source", event.source},
      {"ce-type", event.type},   {"ce-time", time},   {"ce-subject", event.subject}};
  for (const auto& [name, value] : own) {
    if (value.empty()) continue;
    if (Status added = add_attribute(name, value); !added) return added;
  }
  const std::vector<std::string> names = extension_names(event);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (Status added = add_attribute("ce-" + names[i], event.attributes[i].second); !added) return added;
  }
  return {};
}

/// Appends the message as JSON; `bytes` is what Pub/Sub counts. *Errors*: invalid, a sentence; then `out` is of no use
/// beyond its old size.
Status PubsubService::append_message(const OutEvent& event, std::string& out, std::size_t& bytes) {
  fields_.read(event);
  attributes_.clear();
  attribute_count_ = attribute_bytes_ = 0;
  if (Status added = add_attributes(event); !added) return added;
  for (const auto& [name, field] : texts_) {
    if (fields_.is_nothing(field)) continue;
    scratch_.clear();
    Status filled = fields_.append(field, scratch_, limits::kAttributeValueBytesMax);
    if (filled) filled = add_attribute(name, scratch_);
    if (!filled) return filled.error().in("attributes." + name);
  }
  std::string_view data = event.event.data;
  if (options_.format == Format::cloudevents) {
    scratch_.clear();
    append_cloud_event(event.event, scratch_);
    data = scratch_;
  }
  if (data.empty() && attribute_count_ == 0) return Error{ErrorCode::invalid, "Pub/Sub takes no empty message"};
  bytes = data.size() + attribute_bytes_ + limits::kMessageOverheadBytes;
  out += "{\"data\":\"";
  append_base64(data, out);
  out += "\",\"attributes\":{";
  out += attributes_;
  out += '}';
  if (ordering_key_ && !fields_.is_nothing(*ordering_key_)) {
    scratch_.clear();
    const Status filled = fields_.append(*ordering_key_, scratch_, limits::kOrderingKeyBytesMax);
    if (!filled) return filled.error().in("ordering_key");
    bytes += scratch_.size();
    out += ",\"orderingKey\":";
    append_json_string(scratch_, out);
  }
  if (bytes > limits::kRequestBytesMax) {
    return Error{ErrorCode::invalid, fmt::format("the message has {} bytes, more than the {} that Pub/Sub takes", bytes,
                                                 limits::kRequestBytesMax)};
  }
  out += '}';
  return {};
}

void PubsubService::write(http::Events events, http::Request& request, http::Written& written) {
  request.url = publish_url_;
  request.headers.add("Content-Type", "application/json");
  std::string& body = request.body;
  body = "{\"messages\":[";
  const std::size_t first = body.size();
  std::size_t total = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t before = body.size();
    std::size_t bytes = 0;
    if (before > first) body += ',';
    if (Status appended = append_message(*events[i], body, bytes); !appended) {
      body.resize(before);
      written.unfit(i, appended.error().message);
      continue;
    }
    total += bytes;
    if (total > limits::kRequestBytesMax) {
      return written.too_large(
          fmt::format("the batch has more than the {} bytes that Pub/Sub takes at once", limits::kRequestBytesMax));
    }
  }
  body += "]}";
}

Settled PubsubService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  return judge_publish(reply, events.size(), now);
}

bool PubsubService::write_probe(http::Request& request) {
  request.url = probe_url_;
  request.headers.add("Content-Type", "application/json");
  request.body = R"({"permissions":["pubsub.topics.publish"]})";
  return true;
}

Status PubsubService::judge_probe(const http::Reply& reply, WallTime now) {
  return gcp_pubsub::judge_probe(reply, topic_, now);
}

}  // namespace tidegate::gcp_pubsub
