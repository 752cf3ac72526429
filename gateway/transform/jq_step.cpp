#include "gateway/transform/jq_step.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "gateway/event/json_text.h"
#include "gateway/routing/event_fields.h"
#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

constexpr std::string_view kBase64Field = "data_base64";
/// They stand in an object of their own.
constexpr std::span<const std::pair<std::string_view, std::string_view>> kNoCaptures;

void append_member(std::string_view name, std::string_view text, std::string& out) {
  out += out.back() == '{' ? "" : ",";
  append_json_string(name, out);
  out += ':';
  append_json_string(text, out);
}

void append_payload(std::string_view data, std::string& out) {
  if (data.empty()) return;
  if (is_embeddable_json(data)) {
    out.append(",\"").append(kDataField).append("\":").append(data);
  } else if (is_utf8(data)) {
    append_member(kDataField, data, out);
  } else {
    out.append(",\"").append(kBase64Field).append("\":\"");
    append_base64(data, out);
    out += '"';
  }
}

}  // namespace

void append_jq_input(const Event& event, const TopicFilter& topic, std::string& out) {
  out += '{';
  for_each_text_field(event, kNoCaptures, [&](std::string_view name, std::string_view text) {
    if (name != kBase64Field) append_member(name, text, out);
  });
  out += ",\"captures\":{";
  for (const auto& [name, level] : topic.captures(event.subject)) append_member(name, level, out);
  out += '}';
  append_payload(event.data, out);
  out += '}';
}

std::vector<Event> jq_parts(const Event& event, std::vector<std::string> outputs) {
  std::vector<Event> parts;
  parts.reserve(outputs.size());
  for (std::string& output : outputs) {
    Event& part = parts.emplace_back();
    part.id = outputs.size() == 1 ? event.id : fmt::format("{}.{}", event.id, parts.size());
    part.source = event.source;
    part.type = event.type;
    part.subject = event.subject;
    part.time = event.time;
    part.datacontenttype = "application/json";
    part.data = std::move(output);
    part.attributes = event.attributes;
  }
  return parts;
}

std::vector<JqAnswer> JqStep::run(std::span<const StoredEvent> events, const TopicFilter& topic) {
  std::vector<std::string> inputs;
  std::size_t bytes = 0;
  for (const StoredEvent& stored : events) {
    if (bytes > limits::kShapedBytesMax) break;
    append_jq_input(stored.event, topic, inputs.emplace_back());
    bytes += inputs.back().size();
  }
  Result<std::vector<JqAnswer>> answers = answers_of(inputs);
  if (!answers && answers.error().code == ErrorCode::invalid) {
    return std::vector<JqAnswer>(inputs.size(), JqAnswer{{}, answers.error().message});
  }
  trouble_ = answers ? "" : answers.error().message;
  if (!answers) return {};
  return *std::move(answers);
}

Result<std::vector<JqAnswer>> JqStep::answers_of(std::span<const std::string> inputs) {
  if (!runner_) {
    Result<std::unique_ptr<JqRunner>> runner = JqRunner::start(program_);
    if (!runner) return std::move(runner).error();
    runner_ = *std::move(runner);
  }
  return runner_->run(inputs);
}

}  // namespace tidegate
