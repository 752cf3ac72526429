#include "tests/unit/mqtt_sink/sink_fixture.h"

#include "connectors/mqtt/mqtt.h"
#include "gateway/config/option_table.h"

namespace tidegate::test {

SinkUnderTest::SinkUnderTest(const std::string& broker_uri, const std::string& yaml) {
  context_.gateway_id = "gw";
  context_.name = "out";
  context_.route = "all";
  context_.clock = &clock_;
  const auto options = parse_text(*mqtt_sink_options(), "broker: " + broker_uri + "\n" + yaml);
  EXPECT_TRUE(options) << options.error().message;
  auto made = make_mqtt_sink(context_, *options);
  EXPECT_TRUE(made) << made.error().message;
  sink_ = *std::move(made);
}

const OutEvent& SinkUnderTest::event(const std::string& subject) {
  OutEvent& out = events_.emplace_back();
  const std::string number = std::to_string(events_.size());
  out.event.id = "id-" + number;
  out.event.source = "/gw/floor";
  out.event.type = "tidegate.mqtt.message";
  out.event.subject = subject;
  out.event.data = number;
  return out;
}

Batch SinkUnderTest::batch(const std::vector<std::string>& subjects, std::size_t count) {
  Batch made{BatchId{++batches_}, {}};
  for (std::size_t i = 0; i < count; ++i) made.events.push_back(&event(subjects[i % subjects.size()]));
  return made;
}

Settled SinkUnderTest::send(Batch batch) {
  sink_->submit(std::move(batch));
  return settled();
}

Settled SinkUnderTest::settled() {
  std::vector<Settled> ended;
  const Deadline deadline = within(kPatience);
  while (ended.empty() && clock_.steady() < deadline.at) ended = sink_->wait(deadline, {});
  EXPECT_EQ(ended.size(), 1u);
  return ended.empty() ? Settled{} : std::move(ended.front());
}

std::string fates(const Settled& settled, std::size_t events) {
  std::string letters;
  for (std::size_t i = 0; i < events; ++i) {
    const Outcome& outcome = settled.outcomes.size() == 1 ? settled.outcomes.front() : settled.outcomes.at(i);
    letters += "drux"[static_cast<int>(outcome.fate)];
  }
  return letters;
}

BrokerScript taking() {
  BrokerScript script;
  script.takes_publishes = true;
  return script;
}

std::vector<SeenPacket> publishes(const ScriptedBroker& broker) {
  std::vector<SeenPacket> found;
  for (SeenPacket& packet : broker.seen())
    if (packet.type == mqtt::PacketType::publish) found.push_back(std::move(packet));
  return found;
}

std::vector<std::string> user_properties(const SeenPacket& packet, std::string_view name) {
  std::vector<std::string> values;
  mqtt::Properties(packet.properties).for_each([&](const mqtt::Property& property) {
    if (property.id == mqtt::PropertyId::user_property && property.text == name) values.emplace_back(property.value);
  });
  return values;
}

}  // namespace tidegate::test
