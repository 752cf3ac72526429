#include "connectors/kafka/message.h"

#include <fmt/format.h>

#include <utility>

#include "connectors/kafka/limits.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::kafka {

namespace {

/// *Source*: CloudEvents Kafka protocol binding 1.0.2, section 3.2.3.1.
constexpr std::string_view kAttributePrefix = "ce_";
constexpr std::string_view kContentType = "content-type";

}  // namespace

std::string& Outgoing::add_header(std::string_view prefix, std::string_view name) {
  if (headers_used_ == headers_.size()) headers_.emplace_back();
  Header& header = headers_[headers_used_++];
  header.name = prefix;
  header.name += name;
  header.value.clear();
  return header.value;
}

std::size_t Outgoing::bytes() const noexcept {
  std::size_t bytes = limits::kRecordOverheadBytes + key.size() + value.size();
  for (const Header& header : headers())
    bytes += limits::kHeaderOverheadBytes + header.name.size() + header.value.size();
  return bytes;
}

MessageWriter::MessageWriter(const SinkOptions& options, std::string route)
    : format_(options.format),
      headers_(options.headers),
      bytes_max_(options.max_message_bytes),
      topic_(options.topic.filled().constant() != nullptr ? *options.topic.filled().constant() : std::string()),
      texts_(std::move(route)),
      topic_field_(texts_.add(options.topic)),
      key_field_(texts_.add(options.key)) {}

Status MessageWriter::write(const OutEvent& event, Outgoing& out) {
  texts_.read(event);
  if (Status topic = write_topic(out); !topic) return topic;
  if (Status key = write_key(out); !key) return key;
  out.clear_headers();
  out.owns_value = format_ == Format::cloudevents;
  switch (format_) {
    case Format::cloudevents_binary: write_attributes(event.event, out); break;
    case Format::cloudevents:
      out.add_header({}, kContentType) = kCloudEventContentType;
      out.written.clear();
      append_cloud_event(event.event, out.written);
      break;
    case Format::raw: break;
  }
  out.value = out.owns_value ? std::string_view(out.written) : event.event.data;
  for (const auto& [name, value] : headers_) out.add_header({}, name) = value;
  if (const std::size_t bytes = out.bytes(); bytes > bytes_max_)
    return Error{ErrorCode::invalid,
                 fmt::format("the message has {} bytes with its key and headers, and max_message_bytes is {}", bytes,
                             bytes_max_)};
  return {};
}

Status MessageWriter::write_topic(Outgoing& out) {
  out.topic = topic_;
  if (!topic_.empty()) return {};  // checked with the options
  if (Status filled = texts_.append(topic_field_, out.topic, limits::kKeyBytesMax); !filled)
    return std::move(filled).error().in("the topic");
  if (is_topic_name(out.topic)) return {};
  return Error{ErrorCode::invalid,
               fmt::format("its topic would be no topic of Kafka: 1 to {} letters, digits, dots, dashes and "
                           "underscores; it has {} bytes",
                           limits::kTopicBytesMax, out.topic.size())};
}

Status MessageWriter::write_key(Outgoing& out) {
  out.key.clear();
  // An empty key is a key, and leads to one partition: events without a subject have an order, too.
  out.has_key = !texts_.is_nothing(key_field_);
  if (!out.has_key) return {};
  if (Status filled = texts_.append(key_field_, out.key, limits::kKeyBytesMax); !filled)
    return std::move(filled).error().in("the key");
  return {};
}

/// *Source*: CloudEvents Kafka protocol binding 1.0.2, section 3.2: values are UTF-8 as they are.
void MessageWriter::write_attributes(const Event& event, Outgoing& out) {
  out.add_header({}, kContentType) = payload_content_type(event);
  out.add_header(kAttributePrefix, "specversion") = "1.0";
  out.add_header(kAttributePrefix, "id") = event.id;
  out.add_header(kAttributePrefix, "source") = event.source;
  out.add_header(kAttributePrefix, "type") = event.type;
  if (!event.subject.empty()) out.add_header(kAttributePrefix, "subject") = event.subject;
  append_rfc3339(event.time, out.add_header(kAttributePrefix, "time"));
  if (event.attributes.empty()) return;
  const std::vector<std::string> names = extension_names(event);
  for (std::size_t i = 0; i < names.size(); ++i)
    out.add_header(kAttributePrefix, names[i]) = event.attributes[i].second;
}

}  // namespace tidegate::kafka
