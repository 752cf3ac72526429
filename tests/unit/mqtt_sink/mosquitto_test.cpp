// The sink in front of a real mosquitto.

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/support/process/mosquitto.h"
#include "tests/support/receiver/test_certs.h"
#include "tests/unit/mqtt_sink/sink_fixture.h"

namespace tidegate::test {
namespace {

/// A subscriber that somebody else wrote: every message it gets is a line of a file, as `format` of mosquitto_sub says.
class Subscriber {
 public:
  Subscriber(std::uint16_t port, std::filesystem::path file, const std::string& format) : file_(std::move(file)) {
    Command command;
    command.argv = {"mosquitto_sub",
                    "-p",
                    std::to_string(port),
                    "-i",
                    "subscriber",
                    "-c",
                    "-q",
                    "1",
                    "-V",
                    "mqttv5",
                    "-x",
                    "3600",
                    "-t",
                    "#",
                    "-F",
                    format,
                    "--retain-as-published"};
    command.output = file_;
    command.append = true;
    auto child = Process::spawn(command);
    EXPECT_TRUE(child);
    if (child) process_.emplace(*std::move(child));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream text(read_file(file_));
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }
  bool wait(const std::function<bool(const std::vector<std::string>&)>& condition) const {
    return wait_until(within(kPatience), [&] { return condition(lines()); });
  }

 private:
  std::filesystem::path file_;
  std::optional<Process> process_;
};

class WithMosquitto : public ::testing::Test {
 protected:
  void start(MosquittoOptions options = {}) {
    options.max_queued = 0;
    auto started = Mosquitto::start(dir_.path(), options);
    ASSERT_TRUE(started) << started.error().message;
    broker_ = *std::move(started);
  }
  void subscribe(const std::string& format) {
    subscriber_ = std::make_unique<Subscriber>(broker_->port(), dir_ / "messages", format);
    // mosquitto says in PUBACK whether somebody listens, and the sink does not tell; the log does.
    ASSERT_TRUE(
        wait_until(within(kPatience), [&] { return broker_->log().find("as subscriber") != std::string::npos; }));
    SinkUnderTest probe(broker_->uri(), "client_id: probe");
    ASSERT_TRUE(subscriber_->wait([&](const auto& lines) {
      probe.send(probe.batch({"probe"}));
      return !lines.empty();
    }));
  }
  /// Lines without those of the probes.
  [[nodiscard]] std::vector<std::string> arrived() const {
    std::vector<std::string> lines = subscriber_->lines();
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("probe"); });
    return lines;
  }

  TempDir dir_;
  std::unique_ptr<Mosquitto> broker_;
  std::unique_ptr<Subscriber> subscriber_;
};

class EveryQosAndVersion : public WithMosquitto, public ::testing::WithParamInterface<std::tuple<int, std::string>> {};

TEST_P(EveryQosAndVersion, EveryEventArrivesOnceAndInOrder) {
  const auto& [qos, version] = GetParam();
  start();
  subscribe("%t %p");
  SinkUnderTest sink(broker_->uri(), "version: " + version + "\nqos: " + std::to_string(qos));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(fates(sink.send(sink.batch({"a", "b"}, 100)), 100), std::string(100, 'd'));
  ASSERT_TRUE(subscriber_->wait([&](const auto&) { return arrived().size() >= 1000; }));
  const std::vector<std::string> lines = arrived();
  ASSERT_EQ(lines.size(), 1000u);
  for (std::size_t i = 0; i < lines.size(); ++i)
    ASSERT_EQ(lines[i], std::string(1, "ab"[i % 2]) + " " + std::to_string(i + 1));
}

INSTANTIATE_TEST_SUITE_P(Mosquitto, EveryQosAndVersion,
                         ::testing::Combine(::testing::Values(0, 1, 2), ::testing::Values("5", "3.1.1")));

TEST_F(WithMosquitto, PropertiesArriveAsTheyLeft) {
  start();
  subscribe("%t|%C|%E|%F|%P|%p");
  SinkUnderTest sink(broker_->uri(),
                     "topic: 'site/{site}'\nexpiry: 1h\nretain: true\nuser_properties: { plant: seven }");
  Batch batch = sink.batch({"in/hall-2"});
  OutEvent& out = sink.last_event();
  out.captures = {{"site", "hall-2"}};
  out.event.datacontenttype = "text/plain";
  out.event.attributes = {{"line", "4"}, {"tidegatehops", "a"}, {"payloadformat", "utf8"}, {"qos", "0"}};
  EXPECT_EQ(fates(sink.send(batch), 1), "d");
  ASSERT_TRUE(subscriber_->wait([&](const auto&) { return arrived().size() == 1; }));
  EXPECT_THAT(arrived().front(), ::testing::MatchesRegex("site/hall-2.text/plain.(3600|3599|3598).1.line:4 "
                                                         "plant:seven tidegatehops:a,gw.1"));
}

TEST_F(WithMosquitto, AForbiddenTopicRejectsItsEventAndTheNextIsDelivered) {
  MosquittoOptions options;
  write_file(dir_ / "acl", "topic write good/#\n");
  options.more = "acl_file " + (dir_ / "acl").string() + "\n";
  start(options);
  SinkUnderTest sink(broker_->uri(), "");
  const Settled settled = sink.send(sink.batch({"bad/a"}));
  EXPECT_EQ(fates(settled, 1), "x");
  EXPECT_THAT(settled.outcomes.at(0).reason, ::testing::HasSubstr("not authorized"));
  const Batch good = sink.batch({"good/a"});
  // mosquitto 2.0.11 sometimes ends the connection when it has denied a message: then it is sent again, as a lane does.
  const Deadline deadline = within(kPatience);
  std::string last;
  while (last != "d" && SystemClock().steady() < deadline.at) last = fates(sink.send(good), 1);
  EXPECT_EQ(last, "d");
}

TEST_F(WithMosquitto, ARefusedPasswordIsACredentialToRenew) {
  MosquittoOptions options;
  options.more = "password_file " + (dir_ / "users").string() + "\n";
  ASSERT_EQ(run({"mosquitto_passwd", "-b", "-c", (dir_ / "users").string(), "u", "right"}, within(kPatience)).status,
            0);
  options.more += "allow_anonymous false\n";
  start(options);
  write_file(dir_ / "password", "wrong");
  for (const char* version : {"5", "3.1.1"}) {
    SinkUnderTest sink(broker_->uri(), std::string("version: ") + version +
                                           "\nuser: u\npassword_file: " + (dir_ / "password").string());
    const Settled settled = sink.send(sink.batch({"a"}));
    EXPECT_EQ(settled.cause, Cause::unauthorized) << version << settled.outcomes.at(0).reason;
    write_file(dir_ / "password", "right");
    EXPECT_TRUE(sink->refresh_credentials());
    EXPECT_EQ(fates(sink.send(sink.batch({"a"})), 1), "d");
    write_file(dir_ / "password", "wrong");
  }
}

TEST_F(WithMosquitto, TheConfigForAwsIotCoreWorksWithABrokerOfItsKind) {
  const auto certs = tidegate::testing::make_test_certs(dir_ / "certs");
  ASSERT_TRUE(certs);
  MosquittoOptions options;
  options.ca = certs->ca_cert;
  options.cert = certs->server_cert;
  options.key = certs->server_key;
  options.require_client_certificate = true;
  options.max_inflight = 100;
  options.more = "max_packet_size 131072\nmax_qos 1\n";
  start(options);
  const std::string tls = "ca_file: " + certs->ca_cert.string() + ", alpn: x-amzn-mqtt-ca";
  const std::string device =
      tls + ", cert_file: " + certs->client_cert.string() + ", key_file: " + certs->client_key.string();
  const auto yaml = [](const std::string& tls_options) {
    return "client_id: plant-7\ntopic: 'plants/plant-7/{device}'\nqos: 1\nkeep_alive: 60s\ntls: { " + tls_options +
           " }";
  };
  SinkUnderTest sink(broker_->uri(), yaml(device));
  Batch batch = sink.batch({"a", "b", "c"});
  for (const OutEvent* event : batch.events) const_cast<OutEvent*>(event)->captures = {{"device", "d-7"}};
  sink.last_event().event.data = std::string(140'000, 'x');
  const Settled settled = sink.send(batch);
  EXPECT_EQ(fates(settled, 3), "ddx");
  EXPECT_THAT(settled.outcomes.at(2).reason, ::testing::HasSubstr("the broker takes 131072 at most"));
  EXPECT_THAT(broker_->log(), ::testing::HasSubstr("as plant-7"));

  SinkUnderTest stranger(broker_->uri(), "connect_timeout: 2s\n" + yaml(tls));
  const Settled refused = stranger.send(stranger.batch({"a"}));
  EXPECT_EQ(fates(refused, 1), "r");
  SinkUnderTest too_much(broker_->uri(), "client_id: plant-8\nqos: 2\ntls: { " + device + " }");
  const Settled lacking = too_much.send(too_much.batch({"a"}));
  EXPECT_EQ(fates(lacking, 1), "r");
  EXPECT_THAT(lacking.outcomes.at(0).reason, ::testing::HasSubstr("takes QoS 1 at most"));
}

/// Sends what was not delivered again, as a lane does, until everything is.
class Resender {
 public:
  explicit Resender(SinkUnderTest& sink) : sink_(sink) {}
  void send(std::vector<const OutEvent*> events) {
    const BatchId id{++batches_};
    open_[id.value] = events;
    sink_->submit({id, std::move(events)});
  }
  void collect(Deadline deadline) {
    for (const Settled& settled : sink_->wait(deadline, {})) {
      const auto events = std::exchange(open_[settled.id.value], {});
      open_.erase(settled.id.value);
      std::vector<const OutEvent*> again;
      const std::string letters = fates(settled, events.size());
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (letters[i] == 'x') ADD_FAILURE() << "rejected";
        if (letters[i] == 'u') ++unknown;
        if (letters[i] != 'd') again.push_back(events[i]);
      }
      if (!again.empty()) send(std::move(again));
    }
  }
  [[nodiscard]] std::size_t open() const { return open_.size(); }
  std::size_t unknown = 0;  ///< publishes that ended without an answer

 private:
  SinkUnderTest& sink_;
  std::uint64_t batches_ = 1000;
  std::map<std::uint64_t, std::vector<const OutEvent*>> open_;
};

TEST_F(WithMosquitto, ARestartInTheMiddleLosesNothingAndRepeatsOnlyWhatWasInFlight) {
  start();
  subscribe("%t %p");
  SinkUnderTest sink(broker_->uri(), "");
  Resender resender(sink);
  constexpr std::size_t kEvents = 20'000;
  constexpr std::size_t kBatch = 200;
  const Deadline deadline = within(kPatience * 2);
  std::size_t sent = 0;
  bool restarted = false;
  while ((sent < kEvents || resender.open() > 0) && SystemClock().steady() < deadline.at) {
    for (; resender.open() < 4 && sent < kEvents; sent += kBatch) resender.send(sink.batch({"a"}, kBatch).events);
    if (!restarted && sent >= kEvents / 2) {
      broker_->stop();
      ASSERT_TRUE(broker_->restart());
      restarted = true;
    }
    resender.collect(deadline);
  }
  EXPECT_EQ(resender.open(), 0u);
  std::set<std::string> distinct;
  ASSERT_TRUE(subscriber_->wait([&](const auto&) {
    const auto lines = arrived();
    distinct = {lines.begin(), lines.end()};
    return distinct.size() == kEvents;
  })) << distinct.size();
  // Its max_inflight_messages towards the subscriber, and as many again that it takes off its queue while it stops.
  constexpr std::size_t kSentAgainByMosquitto = 2 * 20;
  EXPECT_LE(arrived().size() - kEvents, resender.unknown + kSentAgainByMosquitto);
  EXPECT_LE(resender.unknown, 4 * kBatch);
}

}  // namespace
}  // namespace tidegate::test
