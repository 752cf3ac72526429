#include "templates_fuzz.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "gateway/base/limits.h"
#include "gateway/event/event.h"
#include "gateway/event/json_text.h"
#include "gateway/transform/event_time.h"
#include "gateway/transform/transform.h"
#include "tests/fuzz/require.h"

namespace tidegate {

namespace {

using test::require;

Event event_of(std::string_view payload) {
  Event event;
  event.id = "1";
  event.source = "/plant/floor";
  event.type = "reading";
  event.subject = "a/b";
  event.attributes = {{"qos", "1"}, {"odd", "\"\n"}};
  event.data = payload;
  return event;
}

template <class Made>
std::optional<Template> read(Made made) {
  if (const auto* fault = std::get_if<TreeFault>(&made)) {
    require(!fault->message.empty(), "a refusal has a reason");
    return std::nullopt;
  }
  return std::get<Template>(std::move(made));
}

void fill(const TransformOptions& options, const Event& event) {
  Transform transform(options);
  const Captures captures{{"site", "hall-2"}};
  Event out;
  const auto fault = transform.apply(event, captures, out);
  Event again;
  require(transform.apply(event, captures, again) == fault, "the same event has the same fate");
  if (fault) return require(!fault->empty(), "a failure has a reason");
  require(out == again, "the same event gives the same");
  require(bool(check_event(out)), "what leaves keeps the limits of an event");
  if (options.shape) require(is_embeddable_json(out.data), "a shape makes JSON");
}

void read_times(std::string_view line, std::string_view payload) {
  EventTimeOptions options;
  options.field = *read_time_field("data");
  if (auto format = TimeFormat::parse(line)) options.format = *format;
  EventTime clock(options);
  const Event event = event_of(payload);
  const EventTiming timing = clock.of(event, {});
  require(timing.fault.empty(), "received: no event fails");
  require(timing.time <= event.time + options.max_ahead && timing.time >= event.time - options.max_behind,
          "no time that cannot be right");
  require(is_utf8(timing.device_clock), "what a device said is UTF-8");
}

}  // namespace

void fill_any_template(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view line = bytes.substr(0, end);
  const Event event = event_of(bytes.substr(std::min(end + 1, bytes.size())));
  ConfigNode node(ConfigNode::Kind::scalar, {1, 1}, std::string(line));
  node.quoted = true;
  if (auto shape = read(Template::parse_shape(node))) {
    TransformOptions options;
    options.shape = std::move(shape);
    fill(options, event);
  }
  if (auto text = read(Template::parse_text(node))) {
    TransformOptions options;
    options.subject = *text;
    options.type = *text;
    options.data_schema = *text;
    fill(options, event);
    options = {};
    options.set.emplace_back("made", *std::move(text));
    fill(options, event);
  }
  read_times(line, event.data);
}

}  // namespace tidegate
