#include "tests/crash/plant.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/receiver/test_certs.h"

namespace tidegate::crash {
namespace {

constexpr milliseconds kSubscribeLimit{30'000};
constexpr milliseconds kDrainLimit{60'000};

/// The receiver answers after so long: most kills then find batches in flight.
constexpr std::string_view kAnswers = "200:delay=20";

/// A lane may have delivered a batch whose settlement was not yet durable; so much again as is in flight.
constexpr std::uint64_t kRepeatsPerKill = 2ull * kInFlight * kBatchEvents;

/// True while an owed event has not arrived that is not excused.
bool something_owed(Evidence evidence) {
  evidence.repeats_allowed = UINT64_MAX;
  evidence.broker_forgets = true;
  return !check(evidence).faults.empty();
}

}  // namespace

std::string_view name_of(Victim victim) noexcept {
  switch (victim) {
    case Victim::gateway: return "gateway";
    case Victim::receiver: return "receiver";
    case Victim::broker: return "broker";
  }
  return "?";
}

std::vector<Arrival> read_arrivals(const std::filesystem::path& log) {
  constexpr std::size_t kIdLength = 36;
  std::istringstream lines(test::read_file(log));
  std::vector<Arrival> arrivals;
  for (std::string line; std::getline(lines, line);) {
    // A killed receiver may leave half a line (an event that it did not answer for), and the next one goes on in it:
    // what counts is the end of the line.
    const auto at = line.rfind(' ', line.rfind(' ') - 1);
    if (at == std::string::npos || at < kIdLength) continue;
    Arrival next{line.substr(at - kIdLength, kIdLength), 0, 0};
    std::istringstream(line.substr(at)) >> next.publisher >> next.seq;
    arrivals.push_back(std::move(next));
  }
  return arrivals;
}

std::string Feed::source() const {
  return fmt::format(R"(    type: mqtt
    broker: mqtt://127.0.0.1:{}
    subscribe: [ {{ topic: "sensors/#", qos: 2 }} ]
    reconnect: {{ initial: 20ms, max: 200ms }}
)",
                     port());
}

Plant::Plant(std::filesystem::path bin, std::filesystem::path dir, std::unique_ptr<Feed> feed)
    : dir_(std::move(dir)), bin_(std::move(bin)), feed_(std::move(feed)), gateway_(bin_ / "tidegate", dir_) {}

std::string Plant::config() const {
  return gateway_.preamble() + fmt::format(R"(sources:
  plant-floor:
{}sinks:
  cloud:
    type: http
    url: {}
    tls: {{ ca_file: {} }}
    batch: {{ max_events: {}, max_wait: 20ms }}
    in_flight: {}
    retry: {{ initial: 20ms, max: 200ms }}
    breaker: {{ interval: 200ms }}
routes:
  all:
    topic: "sensors/#"
    to: cloud
)",
                                           feed_->source(), receiver_->url(), ca_.string(), kBatchEvents, kInFlight);
}

Status Plant::wait_subscribed() {
  if (test::wait_until(test::within(kSubscribeLimit), [&] { return gateway_.state_of("source plant-floor") == "ok"; }))
    return {};
  return Error{ErrorCode::timeout, "the gateway did not subscribe"};
}

Status Plant::start() {
  const auto certs = testing::make_test_certs(dir_ / "certs");
  if (!certs) return certs.error();
  ca_ = certs->ca_cert;
  receiver_ =
      std::make_unique<test::ReceiverProcess>(bin_ / "test_receiver", dir_, certs->server_cert, certs->server_key);
  if (auto up = receiver_->start({"--otherwise", std::string(kAnswers)}); !up) return up;
  if (auto up = feed_->start(); !up) return up;
  gateway_.configure(config());
  if (auto up = gateway_.start_ready(); !up) return up;
  if (auto up = wait_subscribed(); !up) return up;
  return feed_->start_load();
}

void Plant::kill(Victim victim) {
  switch (victim) {
    case Victim::gateway:
      gateway_.kill();
      ++kills_that_repeat_;
      return;
    case Victim::receiver:
      receiver_->kill();
      ++kills_that_repeat_;
      return;
    case Victim::broker: feed_->kill(); return;
  }
}

Status Plant::restart(Victim victim) {
  Status up;
  if (victim == Victim::gateway) up = gateway_.start_ready();
  if (victim == Victim::receiver) up = receiver_->start({"--otherwise", std::string(kAnswers)});
  if (victim == Victim::broker) up = feed_->restart();
  if (!up) return up;
  if (!gateway_.running()) return Error{ErrorCode::unavailable, "the gateway ended by itself:\n" + gateway_.log()};
  up = wait_subscribed();
  feed_->calm();
  return up;
}

Evidence Plant::evidence(const FedEvents& fed) const {
  Evidence evidence;
  evidence.arrivals = read_arrivals(receiver_->accepted());
  evidence.owed = fed.owed;
  evidence.excused = fed.excused;
  evidence.keys = feed_->keys();
  evidence.repeats_allowed = kills_that_repeat_ * kRepeatsPerKill;
  evidence.broker_forgets = feed_->forgets();
  return evidence;
}

Result<Evidence> Plant::finish(std::vector<std::string>& faults) {
  const FedEvents fed = feed_->finish();
  if (!fed.trouble.empty()) return Error{ErrorCode::unavailable, "the load ended early: " + fed.trouble};
  // Give what is owed its time; whether it is all there is for the checker to say.
  test::wait_until(test::within(kDrainLimit), [&] { return !something_owed(evidence(fed)); });
  // Events that nobody is owed may still be on their way in; they are taken in or not, but nothing in between. A last
  // start without a broker delivers what was taken in.
  feed_->close();
  stop_gateway(faults);
  if (auto up = gateway_.start_ready(); !up) return up.error();
  test::wait_until(test::within(kDrainLimit), [&] { return gateway_.books("pending") == 0u; });
  stop_gateway(faults);
  Evidence all = evidence(fed);
  audit(all, faults);
  return all;
}

void Plant::stop_gateway(std::vector<std::string>& faults) {
  const auto status = gateway_.stop();
  if (status != 0) faults.push_back(fmt::format("the gateway ended with {} on SIGTERM", status.value_or(-1)));
}

void Plant::audit(Evidence& evidence, std::vector<std::string>& faults) {
  const auto audit = gateway_.command({"audit", "--json"});
  if (audit.status != 0) faults.push_back(fmt::format("the audit failed: {}{}", audit.output, audit.errors));
  const auto report = nlohmann::json::parse(audit.output, nullptr, false);
  if (report.is_discarded()) {
    faults.emplace_back("the audit printed no JSON");
    return;
  }
  for (const auto& lane : report["lanes"]) {
    evidence.stored = lane["ledger"]["received"].get<std::uint64_t>();
    const auto pending = lane["ledger"]["pending"].get<std::uint64_t>();
    if (pending != 0) faults.push_back(fmt::format("{} events are still pending", pending));
  }
}

}  // namespace tidegate::crash
