#include "connectors/http/ingest/call.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/event/json_text.h"
#include "gateway/event/read_cloud_events.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate::ingest {

namespace {

constexpr std::string_view kEventsPath = "/v1/events";
constexpr std::string_view kTopicsPath = "/v1/topics/";

/// Percent-decoding; false when a % is not followed by two hex digits. *Source*: RFC 3986, section 2.1.
bool percent_decode(std::string_view text, std::string& out) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char low = static_cast<char>(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return false;
    const int high = digit(text[i + 1]);
    const int low = digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

/// *Errors*: 415 for what cannot be read as events.
std::variant<Form, Refusal> form_of(const RequestHead& head, const std::string& media_type, bool one_topic) {
  const bool ndjson = media_type == "application/x-ndjson" || media_type == "application/ndjson" ||
                      media_type == "application/jsonl" || media_type == "application/x-jsonlines";
  if (ndjson) return Form::ndjson;
  if (one_topic) return Form::whole;
  if (media_type == "application/cloudevents+json") return Form::cloud_event;
  if (media_type == "application/cloudevents-batch+json") return Form::cloud_event_batch;
  if (media_type.starts_with("application/cloudevents"))
    return Refusal{415, "of the CloudEvents formats, only JSON is understood", std::nullopt};
  if (!head.cloud_event.empty()) return Form::cloud_event_headers;
  if (is_json_media_type(media_type)) return Form::json;
  return Form::whole;
}

bool is_identity(const std::optional<std::string>& encoding) {
  return !encoding || encoding->empty() || *encoding == "identity";
}

/// Reads the events of one body into a vector.
class BodyReader {
 public:
  BodyReader(std::size_t events_max, std::vector<Event>& events) : events_max_(events_max), events_(events) {}

  std::optional<Refusal> cloud_events(std::string_view text, bool batch) {
    if (!is_utf8(text)) return wrong("the body is not UTF-8");
    if (!batch) {
      std::size_t at = 0;
      if (auto refused = cloud_event(text, at)) return refused;
      return blank(text.substr(at)) ? std::nullopt : wrong("the body goes on after the event");
    }
    const std::size_t open = text.find_first_not_of(kSpace);
    if (open == std::string_view::npos || text[open] != '[') return wrong("the body is not a JSON array");
    std::size_t at = skip(text, open + 1);
    if (at < text.size() && text[at] == ']') return closed(text, at + 1);
    for (;;) {
      if (auto refused = cloud_event(text, at)) return refused;
      at = skip(text, at);
      if (at == text.size() || (text[at] != ',' && text[at] != ']')) return wrong("the array is no valid JSON");
      if (text[at] == ']') return closed(text, at + 1);
      ++at;
    }
  }

  std::optional<Refusal> json(std::string& body, const std::string& media_type) {
    if (!is_utf8(body)) return wrong("the body is not UTF-8");
    JsonItems elements(body);
    if (!elements.is_array()) {
      if (body.empty() || json_value_end(body) != body.size()) return at_index(0, "the body is no valid JSON");
      Event& event = events_.emplace_back();
      event.data = std::move(body);
      event.datacontenttype = media_type;
      return std::nullopt;
    }
    while (elements.next()) {
      if (full()) return too_many();
      events_.emplace_back().data = elements.value();
    }
    if (elements.failed()) return at_index(events_.size(), "the array is no valid JSON from here on");
    return closed(body, elements.end());
  }

  std::optional<Refusal> ndjson(std::string_view text) {
    if (!is_utf8(text)) return wrong("the body is not UTF-8");
    events_.reserve(std::min(events_max_, static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1));
    for (std::size_t line_number = 1; !text.empty(); ++line_number) {
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (blank(line)) continue;
      if (full()) return too_many();
      if (json_value_end(line) != line.size())
        return at_index(events_.size(), fmt::format("line {} is no valid JSON", line_number));
      events_.emplace_back().data = line;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::string_view kSpace = " \n\r\t";

  static std::optional<Refusal> wrong(std::string error) { return Refusal{400, std::move(error), std::nullopt}; }
  static std::optional<Refusal> at_index(std::size_t index, std::string error) {
    return Refusal{400, std::move(error), index};
  }
  [[nodiscard]] std::optional<Refusal> too_many() const {
    return Refusal{413, fmt::format("more than {} events in one request", events_max_), std::nullopt};
  }
  [[nodiscard]] bool full() const { return events_.size() == events_max_; }
  static std::size_t skip(std::string_view text, std::size_t at) {
    return std::min(text.find_first_not_of(kSpace, at), text.size());
  }
  static bool blank(std::string_view text) { return text.find_first_not_of(kSpace) == std::string_view::npos; }
  static std::optional<Refusal> closed(std::string_view text, std::size_t end) {
    return blank(text.substr(end)) ? std::nullopt : wrong("the body goes on after the array");
  }

  /// Reads the event at `at` and moves on behind it.
  std::optional<Refusal> cloud_event(std::string_view text, std::size_t& at) {
    if (full()) return too_many();
    const std::size_t index = events_.size();
    const auto end = read_cloud_event(text.substr(at), events_.emplace_back());
    if (!end) return at_index(index, end.error().message);
    at += *end;
    return std::nullopt;
  }

  const std::size_t events_max_;
  std::vector<Event>& events_;
};

std::optional<Refusal> read_whole(const Call& call, std::string& body, std::vector<Event>& events) {
  Event& event = events.emplace_back();
  event.data = std::move(body);
  event.datacontenttype = call.datacontenttype;
  return std::nullopt;
}

std::optional<Refusal> read_header_event(const Call& call, const RequestHead& head, std::string& body,
                                         std::vector<Event>& events) {
  Event& event = events.emplace_back();
  if (Status read = read_cloud_event_headers(head.cloud_event, event); !read)
    return Refusal{400, read.error().message, 0};
  event.data = std::move(body);
  event.datacontenttype = call.datacontenttype;
  return std::nullopt;
}

std::optional<Refusal> read_body(const Call& call, const RequestHead& head, std::string& body, BodyReader& reader,
                                 std::vector<Event>& events) {
  switch (call.form) {
    case Form::cloud_event: return reader.cloud_events(body, false);
    case Form::cloud_event_batch: return reader.cloud_events(body, true);
    case Form::cloud_event_headers: return read_header_event(call, head, body, events);
    case Form::json: return reader.json(body, call.datacontenttype);
    case Form::ndjson: return reader.ndjson(body);
    case Form::whole: return read_whole(call, body, events);
  }
  return std::nullopt;
}

}  // namespace

std::variant<Call, Refusal> understand(const RequestHead& head) {
  const std::string_view path = std::string_view(head.target).substr(0, head.target.find('?'));
  const bool one_topic = path.starts_with(kTopicsPath);
  if (path != kEventsPath && !one_topic)
    return Refusal{404, "events go to /v1/events or /v1/topics/TOPIC", std::nullopt};
  if (head.method != "POST") return Refusal{405, "events come by POST", std::nullopt};
  Call call;
  if (one_topic) {
    const bool decoded = percent_decode(path.substr(kTopicsPath.size()), call.topic);
    if (!decoded || !is_topic_name(call.topic))
      return Refusal{400, "the path does not name a topic: UTF-8 without +, # and NUL, percent-encoded", std::nullopt};
  }
  if (!is_identity(head.content_encoding)) return Refusal{415, "bodies must not be compressed", std::nullopt};
  const std::string media_type = media_type_essence(head.content_type.value_or(""));
  const auto form = form_of(head, media_type, one_topic);
  if (const auto* refused = std::get_if<Refusal>(&form)) return *refused;
  call.form = std::get<Form>(form);
  call.datacontenttype = head.content_type.value_or("");
  return call;
}

std::optional<Refusal> read_events(const Call& call, const RequestHead& head, std::string& body,
                                   std::string_view default_topic, std::size_t events_max, std::vector<Event>& events) {
  BodyReader reader(events_max, events);
  if (auto refused = read_body(call, head, body, reader, events)) return refused;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!call.topic.empty()) events[i].subject = call.topic;
    if (events[i].subject.empty()) events[i].subject = default_topic;
    if (const Status fits = check_event(events[i]); !fits) {
      const bool too_large = events.size() == 1;
      return Refusal{too_large ? 413 : 400, fits.error().message, i};
    }
  }
  return std::nullopt;
}

std::string refusal_json(const Refusal& refusal) {
  std::string out = "{\"error\":";
  append_json_string(refusal.error, out);
  if (refusal.index) out += fmt::format(",\"index\":{}", *refusal.index);
  out += "}\n";
  return out;
}

}  // namespace tidegate::ingest
