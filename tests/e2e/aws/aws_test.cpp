// The real program in front of AWS services that others wrote: fauxqs (SQS, SNS) and kinesalite (Kinesis).

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "tests/support/http/http_client.h"
#include "tests/support/process/gateway.h"

namespace tidegate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr milliseconds kPatience{60'000};
constexpr int kEvents = 200, kSubjects = 20;

class AwsServices : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto folder = std::filesystem::path(TIDEGATE_SOURCE_DIR) / "tests/node";
    for (const char* package : {"fauxqs", "kinesalite"}) {
      if (!exists(folder / "node_modules" / package)) {
        GTEST_SKIP() << package << " is not installed; `npm ci --ignore-scripts` in tests/node does that";
      }
    }
    const auto output = dir_ / "services.json";
    auto spawned = test::Process::spawn(
        {{"node", (folder / "aws_services.mjs").string()}, {}, output, dir_ / "services.log", false});
    if (!spawned) GTEST_SKIP() << "no node here";
    services_.emplace(*std::move(spawned));
    const bool up = test::wait_until(test::within(kPatience),
                                     [&] { return json::accept(test::read_file(output)) || !services_->running(); });
    ASSERT_TRUE(up && services_->running()) << test::read_file(dir_ / "services.log");
    at_ = json::parse(test::read_file(output));
  }

  static std::uint16_t port_of(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }

  /// `sink`: its options beside region and credentials, four spaces before each line. `more`: further top-level lines.
  void configure(const std::string& sink, const std::string& endpoint) {
    gateway_.configure(gateway_.preamble() + fmt::format(R"(sources:
  door: {{ type: http, listen: "127.0.0.1:{}" }}
sinks:
  cloud:
    region: eu-central-1
    endpoint: {}
    credentials: {{ access_key_id: AKIDEXAMPLE, secret_access_key: wJalrXUtnFEMI-K7MDENG }}
    batch: {{ max_wait: 20ms }}
    retry: {{ initial: 20ms, max: 200ms }}
{}
routes:
  all: {{ topic: "sensors/{{device}}", to: cloud }}
)",
                                                         door_, endpoint, sink));
  }
  void start() {
    const auto up = gateway_.start_ready();
    ASSERT_TRUE(up) << up.error().message << gateway_.log();
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return test::accepts_connections(door_); }));
  }

  /// A source and a sink, both queues.
  void configure_queues(const std::string& from, const std::string& to, const std::string& order) {
    const auto queue = [&](const std::string& name) {
      return fmt::format(
          "    type: aws_sqs\n    region: eu-central-1\n    endpoint: {}\n    queue_url: {}\n"
          "    credentials: {{ access_key_id: AKIDEXAMPLE, secret_access_key: wJalrXUtnFEMI-K7MDENG }}\n",
          at_["fauxqs"].get<std::string>(), at_["queues"][name].get<std::string>());
    };
    gateway_.configure(gateway_.preamble() +
                       fmt::format("sources:\n  commands:\n{}    visibility_timeout: 10s\n"
                                   "sinks:\n  orders:\n{}    order: {}\n"
                                   "    batch: {{ max_wait: 20ms }}\n    retry: {{ initial: 20ms, max: 200ms }}\n"
                                   "routes:\n  all: {{ topic: \"#\", to: orders }}\n",
                                   queue(from), queue(to), order));
  }
  /// Events 0 to `count`, as bodies of messages with the subject as their group.
  static json commands(int count) {
    json bodies = json::array();
    for (int i = 0; i < count; ++i) {
      const json event = {{"specversion", "1.0"}, {"id", "event-" + std::to_string(i)}, {"source", "/cloud"},
                          {"type", "t"},          {"subject", subject_of(i)},           {"data", {{"n", i}}}};
      bodies.push_back({event.dump(), std::to_string(i % kSubjects)});
    }
    return bodies;
  }
  bool emptied(const std::string& queue) {
    return test::wait_until(test::within(kPatience), [&] { return ask("/left?queue=" + queue) == 0; });
  }
  std::vector<json> events_in(const std::string& queue) {
    std::vector<json> events;
    for (const json& message : ask("/messages?queue=" + queue))
      events.push_back(json::parse(message["body"].get<std::string>()));
    return events;
  }

  static std::string subject_of(int number) { return "sensors/" + std::to_string(number % kSubjects); }

  void post() {
    json batch = json::array();
    for (int i = 0; i < kEvents; ++i) {
      batch.push_back({{"specversion", "1.0"},
                       {"id", "event-" + std::to_string(i)},
                       {"source", "/program"},
                       {"type", "t"},
                       {"subject", subject_of(i)},
                       {"data", {{"n", i}}}});
    }
    const auto reply =
        test::HttpClient(door_).post("/v1/events", batch.dump(), {"Content-Type: application/cloudevents-batch+json"});
    ASSERT_EQ(reply.status, 202) << reply.body;
  }
  void expect_delivered() {
    EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] { return gateway_.books("delivered") == kEvents; }))
        << gateway_.detail_of("lane all/cloud") << gateway_.log();
    EXPECT_EQ(gateway_.books("dead"), 0u);
    EXPECT_EQ(gateway_.stop(), 0);
  }

  json ask(const std::string& target, const std::string& body = "") {
    const auto reply = test::HttpClient(port_of(at_["control"])).post(target, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body);
  }
  /// Expects every event once, and of each subject in its order.
  static void expect_all_in_order(const std::vector<json>& events) {
    std::set<std::string> ids;
    std::map<std::string, int> last;
    for (const json& event : events) {
      EXPECT_TRUE(ids.insert(event["id"]).second) << event["id"] << " came twice";
      const int n = event["data"]["n"];
      const auto [known, is_first] = last.try_emplace(event["subject"], n);
      EXPECT_TRUE(is_first || known->second < n) << event["subject"] << ": " << n << " after " << known->second;
      known->second = n;
    }
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(kEvents));
  }

  test::TempDir dir_;
  const std::uint16_t door_ = test::free_port();
  std::optional<test::Process> services_;
  json at_;
  test::GatewayProcess gateway_{std::filesystem::path(TIDEGATE_BIN_DIR) / "tidegate", dir_.path()};
};

TEST_F(AwsServices, AQueueGetsEveryEventWithItsAttributes) {
  configure(fmt::format("    type: aws_sqs\n    queue_url: {}\n    order: none\n"
                        "    attributes: {{ device: \"${{captures.device}}\" }}",
                        at_["queues"]["orders"].get<std::string>()),
            at_["fauxqs"]);
  const auto connected = gateway_.command({"check", "--connect"});
  EXPECT_EQ(connected.status, 0) << connected.output << connected.errors;
  start();
  post();
  expect_delivered();
  std::set<std::string> ids;
  for (const json& message : ask("/messages?queue=orders")) {
    const json event = json::parse(message["body"].get<std::string>());
    ids.insert(event["id"]);
    EXPECT_EQ("sensors/" + message["attributes"]["device"]["StringValue"].get<std::string>(), event["subject"]);
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kEvents));
}

TEST_F(AwsServices, AFifoQueueGetsEveryEventOnceAndInOrder) {
  configure("    type: aws_sqs\n    queue_url: " + at_["queues"]["orders.fifo"].get<std::string>(), at_["fauxqs"]);
  start();
  post();
  expect_delivered();
  std::vector<json> events;
  for (const json& message : ask("/messages?queue=orders.fifo")) {
    events.push_back(json::parse(message["body"].get<std::string>()));
    EXPECT_EQ(message["system"]["MessageGroupId"], events.back()["subject"]);
    EXPECT_EQ(message["system"]["MessageDeduplicationId"], events.back()["id"]);
  }
  expect_all_in_order(events);
}

TEST_F(AwsServices, ATopicPassesEveryEventToItsSubscribers) {
  configure(
      fmt::format("    type: aws_sns\n    topic_arn: {}\n    order: none\n    subject: \"From ${{captures.device}}\"",
                  at_["topic"].get<std::string>()),
      at_["fauxqs"]);
  const auto connected = gateway_.command({"check", "--connect"});
  EXPECT_EQ(connected.status, 0) << connected.output << connected.errors;
  start();
  post();
  expect_delivered();
  std::set<std::string> ids;
  for (const json& message : ask("/messages?queue=alarms-in")) {
    const json notification = json::parse(message["body"].get<std::string>());
    EXPECT_THAT(notification["Subject"].get<std::string>(), HasSubstr("From "));
    ids.insert(json::parse(notification["Message"].get<std::string>())["id"]);
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kEvents));
}

TEST_F(AwsServices, AStreamGetsEveryEventOfASubjectInItsOrder) {
  configure("    type: aws_kinesis\n    stream: plant", at_["kinesalite"]);
  const auto connected = gateway_.command({"check", "--connect"});
  EXPECT_EQ(connected.status, 0) << connected.output << connected.errors;
  start();
  post();
  expect_delivered();
  std::vector<json> events;
  for (const json& record : ask("/records")) {
    events.push_back(json::parse(record["body"].get<std::string>()));
    EXPECT_EQ(record["key"], events.back()["subject"]);
  }
  expect_all_in_order(events);
}

TEST_F(AwsServices, AQueueIsEmptiedIntoTheGateway) {
  json bodies = json::array();
  for (const json& command : commands(kEvents)) bodies.push_back(command[0]);
  ASSERT_EQ(ask("/send?queue=commands", bodies.dump()), kEvents);
  configure_queues("commands", "orders", "none");
  const auto connected = gateway_.command({"check", "--connect"});
  EXPECT_EQ(connected.status, 0) << connected.output << connected.errors;
  ASSERT_TRUE(gateway_.start_ready());
  expect_delivered();
  EXPECT_TRUE(emptied("commands"));
  std::set<std::string> ids;
  for (const json& event : events_in("orders")) ids.insert(event["id"]);
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kEvents));
}

TEST_F(AwsServices, KillsCostNoMessageOfAFifoQueueAndNotItsOrder) {
  ASSERT_EQ(ask("/send?queue=commands.fifo", commands(kEvents).dump()), kEvents);
  configure_queues("commands.fifo", "orders.fifo", "by_key");
  for (const std::uint64_t part : {1, 100}) {
    ASSERT_TRUE(gateway_.start_ready());
    ASSERT_TRUE(
        test::wait_until(test::within(kPatience), [&] { return gateway_.books("delivered").value_or(0) >= part; }))
        << gateway_.detail_of("source commands") << gateway_.log();
    gateway_.kill();
  }
  ASSERT_TRUE(gateway_.start_ready());
  ASSERT_TRUE(emptied("commands.fifo")) << gateway_.detail_of("source commands") << gateway_.log();
  expect_delivered();
  expect_all_in_order(events_in("orders.fifo"));
}

TEST_F(AwsServices, CheckConnectSaysWhatDoesNotExist) {
  std::string missing = at_["queues"]["orders"];
  missing.replace(missing.rfind('/'), std::string::npos, "/nobodys");
  configure("    type: aws_sqs\n    queue_url: " + missing, at_["fauxqs"]);
  const auto queue = gateway_.command({"check", "--connect"});
  EXPECT_EQ(queue.status, 1);
  EXPECT_THAT(queue.output + queue.errors, HasSubstr("QueueDoesNotExist"));
  configure("    type: aws_kinesis\n    stream: nobodys", at_["kinesalite"]);
  const auto stream = gateway_.command({"check", "--connect"});
  EXPECT_EQ(stream.status, 1);
  EXPECT_THAT(stream.output + stream.errors, HasSubstr("ResourceNotFound"));
}

}  // namespace
}  // namespace tidegate::e2e
