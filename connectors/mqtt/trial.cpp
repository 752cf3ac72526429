// What test cases, `tidegate explain` and the check of a config ask of the mqtt connector.

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "connectors/mqtt/mqtt.h"
#include "connectors/mqtt/options.h"
#include "connectors/mqtt/outgoing.h"
#include "connectors/mqtt/publish_judge.h"
#include "connectors/mqtt/sink_options.h"

namespace tidegate {

namespace {

/// The filter of a shared subscription is what follows its group. *Source*: MQTT 5, section 4.8.2.
std::string_view filter_of(std::string_view subscription) {
  constexpr std::string_view kShare = "$share/";
  if (!subscription.starts_with(kShare)) return subscription;
  const std::size_t group_end = subscription.find('/', kShare.size());
  return group_end == std::string_view::npos ? subscription : subscription.substr(group_end + 1);
}

}  // namespace

std::optional<Settled> judge_mqtt_answer(const PeerAnswer& answer) {
  if (!answer.name.starts_with("0x")) return std::nullopt;
  const char* begin = answer.name.data() + 2;
  const char* end = answer.name.data() + answer.name.size();
  unsigned code = 0;
  const auto [rest, error] = std::from_chars(begin, end, code, 16);
  if (error != std::errc() || rest != end || code > 0xff) return std::nullopt;
  mqtt::PublishVerdict verdict = mqtt::judge_answer(static_cast<mqtt::Reason>(code));
  return Settled{{}, {std::move(verdict.outcome)}, verdict.cause, std::nullopt};
}

Result<Preview> preview_mqtt(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  const auto& sink = std::any_cast<const mqtt::SinkOptions&>(options);
  mqtt::Outgoing out;
  const mqtt::MessageWriter writer(sink, context.gateway_id);
  if (Status written = writer.write(event, mqtt::Version::v5, out); !written) return std::move(written).error();
  return Preview{fmt::format("{} at {}, QoS {}", out.topic, sink.broker.text(), sink.qos), out.content_type,
                 std::string(out.payload)};
}

SourceScope mqtt_source_scope(const std::any& options, const std::string& /*name*/) {
  SourceScope scope;
  for (const mqtt::Subscription& subscription : std::any_cast<const mqtt::SourceOptions&>(options).subscribe) {
    scope.topics.emplace_back(filter_of(subscription.topic));
  }
  return scope;
}

}  // namespace tidegate
