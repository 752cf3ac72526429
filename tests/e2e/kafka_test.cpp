// Events that leave for Kafka: real gateways, a real mosquitto, librdkafka's mock cluster of three brokers.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "tests/e2e/site.h"
#include "tests/support/kafka/mock_cluster.h"
#include "tests/support/receiver/arrivals.h"

namespace tidegate::e2e {
namespace {

using testing::ConsumedMessage;
using testing::MockCluster;
using testing::MockReader;

constexpr int kPartitions = 12;
/// Beyond every test.
constexpr milliseconds kSilence{600'000};

/// A gateway that takes what a shared subscription gives it, and produces it.
class Member {
 public:
  Member(const std::filesystem::path& dir, const std::string& id, const std::string& mqtt, const std::string& kafka,
         const std::string& sink = "")
      : gateway(std::filesystem::path(TIDEGATE_BIN_DIR) / "tidegate", (std::filesystem::create_directory(dir), dir)) {
    std::string preamble = gateway.preamble();
    preamble.replace(preamble.find("test-gateway"), 12, id);
    gateway.configure(preamble + fmt::format(R"(sources:
  floor:
    type: mqtt
    broker: {}
    version: "5"
    reconnect: {{ initial: 20ms, max: 200ms }}
    subscribe: "$share/tidegate/sensors/#"
sinks:
  engine:
    type: kafka
    brokers: "{}"
    topic: plant-events
    batch: {{ max_events: 100, max_wait: 20ms }}
    retry: {{ initial: 20ms, max: 200ms }}
    breaker: {{ interval: 200ms }}
{}routes:
  all: {{ topic: "sensors/#", to: engine }}
)",
                                             mqtt, kafka, sink));
  }
  void start() {
    const auto up = gateway.start_ready();
    ASSERT_TRUE(up) << up.error().message << gateway.log();
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return gateway.state_of("source floor") == "ok"; }))
        << gateway.log();
  }
  bool wait_empty() {
    return test::wait_until(test::within(kArrivalLimit), [&] { return gateway.books("pending") == 0u; });
  }
  [[nodiscard]] std::uint64_t delivered() const { return gateway.books("delivered").value_or(0); }
  void expect_clean_end() {
    EXPECT_EQ(gateway.stop(), 0) << gateway.log();
    const auto audit = gateway.command({"audit"});
    EXPECT_EQ(audit.status, 0) << audit.output << audit.errors;
  }

  test::GatewayProcess gateway;
};

/// What the engine's consumers saw, judged apart from what sent it.
class Checker {
 public:
  void add(const std::vector<ConsumedMessage>& messages) {
    for (const ConsumedMessage& message : messages) {
      const auto found = testing::find_marker(message.value);
      ASSERT_TRUE(found) << message.value;
      const testing::Marker& marker = found->first;
      if (!seen_[marker.publisher].insert(marker.seq).second) ++repeats_;
      sources_.insert(message.header("ce_source"));
      EXPECT_EQ(message.key, message.header("ce_subject"));
      // Each gateway keeps the order of what it was given of a key. A second copy of an event may come later.
      const std::string way = message.header("ce_source") + " " + message.key;
      if (!ids_.insert(message.header("ce_id")).second) continue;
      std::int64_t& last = last_[way];
      if (static_cast<std::int64_t>(marker.seq) < last) disorders_.push_back(fmt::format("{}: {}", way, marker.seq));
      last = std::max(last, static_cast<std::int64_t>(marker.seq));
    }
  }
  /// Acknowledged events of a publisher that nobody has seen.
  [[nodiscard]] std::vector<std::uint64_t> lost(std::uint32_t publisher, const test::PublisherReport& report) const {
    std::vector<std::uint64_t> out;
    const auto found = seen_.find(publisher);
    for (std::uint64_t seq = 0; seq < report.acknowledged_seqs.size(); ++seq) {
      if (report.acknowledged_seqs[seq] && (found == seen_.end() || found->second.count(seq) == 0)) out.push_back(seq);
    }
    return out;
  }
  [[nodiscard]] std::size_t distinct() const {
    std::size_t all = 0;
    for (const auto& [publisher, seqs] : seen_) all += seqs.size();
    return all;
  }
  [[nodiscard]] std::size_t repeats() const noexcept { return repeats_; }
  [[nodiscard]] const std::set<std::string>& sources() const noexcept { return sources_; }
  [[nodiscard]] const std::vector<std::string>& disorders() const noexcept { return disorders_; }

 private:
  std::map<std::uint32_t, std::set<std::uint64_t>> seen_;
  std::set<std::string> ids_, sources_;
  std::map<std::string, std::int64_t> last_;
  std::vector<std::string> disorders_;
  std::size_t repeats_ = 0;
};

class KafkaEnd : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.create_topic("plant-events", kPartitions);
    std::filesystem::create_directory(dir_ / "broker");
    test::MosquittoOptions options;
    options.max_queued = 0;
    auto broker = test::Mosquitto::start(dir_ / "broker", options);
    ASSERT_TRUE(broker) << broker.error().message;
    broker_ = *std::move(broker);
  }
  /// `sink`: further options of the sink.
  std::unique_ptr<Member> member(const std::string& id, const std::string& sink = "") {
    return std::make_unique<Member>(dir_ / id, id, broker_->uri(), cluster_.bootstrap(), sink);
  }
  /// Publishes in the background; `sent` follows it.
  std::jthread publish(std::uint32_t number, std::uint64_t count, test::PublisherReport& report,
                       std::atomic<std::uint64_t>& sent) {
    return std::jthread([this, number, count, &report, &sent] {
      test::PublisherOptions options;
      options.port = broker_->port();
      options.number = number;
      options.count = count;
      options.keys = 10;
      options.rate = 4000;
      options.sent_now = &sent;
      report = test::publish(options, {});
    });
  }
  Checker consumed() {
    Checker checker;
    MockReader reader(cluster_.bootstrap(), "plant-events", kPartitions);
    checker.add(reader.read_to_end());
    return checker;
  }

  const test::TempDir dir_;
  MockCluster cluster_;
  std::unique_ptr<test::Mosquitto> broker_;
};

TEST_F(KafkaEnd, BrokersFailUnderLoadAndTheBooksBalance) {
  constexpr std::uint64_t kEvents = 8000;
  const auto only = member("plant-1");
  only->start();
  test::PublisherReport report;
  std::atomic<std::uint64_t> sent{0};
  const auto publishing = publish(1, kEvents, report, sent);
  for (int broker = 1; broker <= 3; ++broker) {
    const std::uint64_t until = kEvents * static_cast<std::uint64_t>(broker) / 5;
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return sent >= until; }));
    cluster_.set_down(broker);
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return sent >= until + kEvents / 10; }));
    cluster_.set_up(broker);
  }
  ASSERT_TRUE(test::wait_until(test::within(kArrivalLimit), [&] { return only->delivered() == kEvents; }))
      << only->gateway.log();
  const Checker checker = consumed();
  EXPECT_EQ(checker.distinct(), kEvents);
  EXPECT_THAT(checker.disorders(), ::testing::IsEmpty());
  only->expect_clean_end();
}

TEST_F(KafkaEnd, ClusterThatIsSilentAndThenGoneCostsRepeatsAndNoOrder) {
  constexpr std::uint64_t kEvents = 6000;
  const auto only = member("plant-1", "    timeout: { connect: 1s, delivery: 1s }\n");
  only->start();
  test::PublisherReport report;
  std::atomic<std::uint64_t> sent{0};
  const auto publishing = publish(1, kEvents, report, sent);
  const auto wait_failing = [&] {
    return test::wait_until(test::within(kPatience), [&] {
      const std::string metrics = only->gateway.get("/metrics").body;
      return metrics.find("tidegate_lane_retries_total{route=\"all\",sink=\"engine\"} 0\n") == std::string::npos &&
             only->gateway.books("pending").value_or(0) > 0;
    });
  };
  ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return only->delivered() > kEvents / 10; }));
  for (int broker = 1; broker <= 3; ++broker) cluster_.delay_next(broker, testing::KafkaRequest::produce, kSilence);
  EXPECT_TRUE(wait_failing()) << only->gateway.log();
  cluster_.set_down(MockCluster::kAll);
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] { return sent == kEvents; }));
  cluster_.set_up(MockCluster::kAll);
  ASSERT_TRUE(test::wait_until(test::within(kArrivalLimit), [&] { return only->delivered() == kEvents; }))
      << only->gateway.log();
  const Checker checker = consumed();
  EXPECT_EQ(checker.distinct(), kEvents);
  EXPECT_GT(checker.repeats(), 0u) << "what was silently taken was sent again";
  EXPECT_THAT(checker.disorders(), ::testing::IsEmpty());
  only->expect_clean_end();
}

TEST_F(KafkaEnd, ThreeGatewaysShareOneSubscriptionAndOneIsKilled) {
  constexpr std::uint64_t kEvents = 6000;
  std::vector<std::unique_ptr<Member>> members;
  for (const char* id : {"plant-1", "plant-2", "plant-3"}) {
    members.push_back(member(id));
    members.back()->start();
  }
  test::PublisherReport reports[2];
  std::atomic<std::uint64_t> sent[2]{};
  {
    const auto first = publish(1, kEvents, reports[0], sent[0]);
    const auto second = publish(2, kEvents, reports[1], sent[1]);
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return sent[0] + sent[1] >= kEvents / 2; }));
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return members[1]->delivered() > 0; }));
    members[1]->gateway.kill();
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return sent[0] + sent[1] >= kEvents * 3 / 2; }));
    members[1]->start();
  }
  for (const test::PublisherReport& report : reports) ASSERT_EQ(report.trouble, "");
  MockReader reader(cluster_.bootstrap(), "plant-events", kPartitions);
  Checker checker;
  ASSERT_TRUE(test::wait_until(test::within(kArrivalLimit),
                               [&] {
                                 checker.add(reader.read_to_end());
                                 return checker.distinct() >= 2 * kEvents;
                               }))
      << checker.distinct() << members[1]->gateway.log();
  for (const auto& each : members) EXPECT_TRUE(each->wait_empty()) << each->gateway.log();
  checker.add(reader.read_to_end());
  EXPECT_THAT(checker.lost(1, reports[0]), ::testing::IsEmpty());
  EXPECT_THAT(checker.lost(2, reports[1]), ::testing::IsEmpty());
  EXPECT_EQ(checker.distinct(), 2 * kEvents);
  EXPECT_EQ(checker.sources(), (std::set<std::string>{"/plant-1/floor", "/plant-2/floor", "/plant-3/floor"}));
  EXPECT_THAT(checker.disorders(), ::testing::IsEmpty());
  RecordProperty("repeats", static_cast<int>(checker.repeats()));
  for (const auto& each : members) each->expect_clean_end();
}

TEST_F(KafkaEnd, CheckConnectTellsAMissingTopicFromAMissingCluster) {
  const auto only = member("plant-1");
  const auto fine = only->gateway.command({"check", "--connect"});
  EXPECT_EQ(fine.status, 0) << fine.output << fine.errors;
  cluster_.fail_topic("plant-events", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto missing = only->gateway.command({"check", "--connect"});
  EXPECT_NE(missing.status, 0);
  EXPECT_THAT(missing.output + missing.errors, ::testing::HasSubstr("no topic \"plant-events\""));
  cluster_.set_down(MockCluster::kAll);
  const auto away = only->gateway.command({"check", "--connect"});
  EXPECT_NE(away.status, 0);
  EXPECT_THAT(away.output + away.errors, ::testing::HasSubstr("sink engine"));
}

}  // namespace
}  // namespace tidegate::e2e
