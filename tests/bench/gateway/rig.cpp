#include "tests/bench/gateway/rig.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/support/receiver/test_certs.h"

namespace tidegate::bench {
namespace {

constexpr milliseconds kSubscribeLimit{30'000};
constexpr milliseconds kFlowLimit{300'000};

double seconds_since(SteadyTime from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

double children_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Bytes of one event as DESIGN counts them: topic, payload, attributes.
double event_bytes() {
  constexpr std::string_view kAttributes = "qos1retainedfalse";
  return static_cast<double>(test::topic_of(1, 0).size() + kPayloadBytes + kAttributes.size());
}

}  // namespace

Result<std::unique_ptr<test::Mosquitto>> start_broker(const std::filesystem::path& dir) {
  test::MosquittoOptions options;
  options.max_queued = 0;
  return test::Mosquitto::start(dir, options);
}

test::PublisherReport publish_events(std::uint16_t port, std::uint64_t count, double rate) {
  test::PublisherOptions options;
  options.port = port;
  options.count = count;
  options.rate = rate;
  options.keys = 100;
  options.payload_bytes = kPayloadBytes;
  return test::publish(options, {});
}

Rig::Rig(std::filesystem::path bin) : bin_(std::move(bin)), gateway_(bin_ / "tidegate", dir_.path()) {}

std::string hundred_content_routes() {
  std::string routes = R"(  all: { topic: "sensors/#", match: { data: { device: [ { prefix: p } ] } }, to: cloud })"
                       "\n";
  for (int i = 1; i < 100; ++i) {
    const auto pattern = [i]() -> std::string {
      switch (i % 6) {
        case 0: return fmt::format("data: {{ device: [ q{:04} ] }}", i);
        case 1: return fmt::format(R"(data: {{ temperature: [ {{ numeric: [ ">", {} ] }} ] }})", 100 + i);
        case 2:
          return fmt::format(R"(data: {{ state: [ {{ prefix: alarm-{} }} ], humidity: [ {{ exists: true }} ] }})", i);
        case 3: return fmt::format(R"(data: {{ m: [ {{ wildcard: "LOG:*:{}" }} ] }})", i);
        case 4:
          return fmt::format(
              R"(data: {{ state: [ {{ anything-but: [ ok, warn ] }} ], rms: [ {{ numeric: [ ">=", 0, "<", {} ] }} ] }})",
              i);
        default: return fmt::format(R"($or: [ {{ data: {{ unit: [ u{} ] }} }}, {{ qos: [ "{}" ] }} ])", i, i + 3);
      }
    };
    routes += fmt::format("  rule-{}: {{ topic: \"sensors/#\", match: {{ {} }}, to: cloud }}\n", i, pattern());
  }
  return routes;
}

Status Rig::start(std::string_view batch_max_wait, bool receiver, std::string_view routes) {
  const auto certs = testing::make_test_certs(dir_ / "certs");
  if (!certs) return certs.error();
  receiver_ = std::make_unique<test::ReceiverProcess>(bin_ / "test_receiver", dir_.path(), certs->server_cert,
                                                      certs->server_key, false);
  if (auto up = receiver_->start(); !up) return up;  // even when it is not wanted yet: it fixes the port
  if (!receiver) receiver_->kill();
  auto broker = start_broker(dir_.path());
  if (!broker) return broker.error();
  broker_ = std::move(*broker);
  gateway_.configure(gateway_.preamble() + fmt::format(R"(sources:
  plant-floor:
    type: mqtt
    broker: mqtt://127.0.0.1:{}
    subscribe: [ {{ topic: "sensors/#", qos: 1 }} ]
sinks:
  cloud:
    type: http
    url: {}
    tls: {{ ca_file: {} }}
    batch: {{ max_events: 500, max_wait: {} }}
routes:
{})",
                                                       broker_->port(), receiver_->url(), certs->ca_cert.string(),
                                                       batch_max_wait, routes));
  if (auto up = gateway_.start_ready(); !up) return up;
  if (test::wait_until(test::within(kSubscribeLimit), [&] { return gateway_.state_of("source plant-floor") == "ok"; }))
    return {};
  return Error{ErrorCode::timeout, "the gateway did not subscribe:\n" + gateway_.log()};
}

Result<double> Rig::wait_delivered(std::uint64_t count, SteadyTime from) {
  double seconds = 0;
  const bool done = test::wait_until(test::within(kFlowLimit), [&] {
    seconds = seconds_since(from);
    return !gateway_.running() || gateway_.books("delivered").value_or(0) >= count;
  });
  if (done && gateway_.running()) return seconds;
  return Error{ErrorCode::timeout, "not everything was delivered:\n" + gateway_.log()};
}

Status Rig::wait_pending(std::uint64_t count) {
  const bool done = test::wait_until(
      test::within(kFlowLimit), [&] { return !gateway_.running() || gateway_.books("pending").value_or(0) >= count; });
  if (done && gateway_.running()) return {};
  return Error{ErrorCode::timeout, "not everything was taken in:\n" + gateway_.log()};
}

Flow flow_of(double events, double seconds, double event_bytes, const test::Usage& before, const test::Usage& after) {
  Flow flow;
  flow.events_per_second = events / seconds;
  flow.cpu_us_per_event = (after.cpu_seconds - before.cpu_seconds) * 1e6 / events;
  flow.rss_peak_mib = static_cast<double>(after.rss_peak_kib) / kKibPerMib;
  flow.written_per_byte = static_cast<double>(after.written_bytes - before.written_bytes) / (events * event_bytes);
  return flow;
}

Result<Flow> measure_bare_subscriber(std::uint64_t count) {
  const test::TempDir dir;
  auto broker = start_broker(dir.path());
  if (!broker) return broker.error();
  const std::vector<std::string> subscribe{
      "mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string((*broker)->port()), "-i", "bench", "-c", "-q", "1", "-t",
      "sensors/#"};
  auto first = subscribe;
  first.emplace_back("-E");  // makes the session and its subscription, and leaves
  if (const auto made = test::run(first, test::within(kSubscribeLimit)); made.status != 0) {
    return Error{ErrorCode::unavailable, "mosquitto_sub: " + made.errors};
  }
  auto second = subscribe;
  second.insert(second.end(), {"-C", std::to_string(count)});
  const double cpu_before = children_cpu_seconds();
  auto child = test::Process::spawn({second, {}, {}, {}});
  if (!child) return child.error();
  const auto from = std::chrono::steady_clock::now();
  const auto report = publish_events((*broker)->port(), count);
  if (!report.trouble.empty()) return Error{ErrorCode::unavailable, report.trouble};
  if (child->wait(test::within(kFlowLimit)) != 0)
    return Error{ErrorCode::timeout, "mosquitto_sub did not get everything"};
  Flow flow;
  flow.events_per_second = static_cast<double>(count) / seconds_since(from);
  flow.cpu_us_per_event = (children_cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(count);
  return flow;
}

Result<Flow> measure_gateway(const std::filesystem::path& bin, std::uint64_t count, std::string_view routes) {
  Rig rig(bin);
  if (auto up = rig.start("200ms", true, routes); !up) return up.error();
  const test::Usage before = test::usage_of(rig.gateway().pid());
  const auto from = std::chrono::steady_clock::now();
  const auto report = publish_events(rig.broker().port(), count);
  if (!report.trouble.empty()) return Error{ErrorCode::unavailable, report.trouble};
  const auto seconds = rig.wait_delivered(count, from);
  if (!seconds) return seconds.error();
  const test::Usage after = test::usage_of(rig.gateway().pid());
  return flow_of(static_cast<double>(count), *seconds, static_cast<double>(event_bytes()), before, after);
}

}  // namespace tidegate::bench
