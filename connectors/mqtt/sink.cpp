#include "connectors/mqtt/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/mqtt/mqtt.h"
#include "connectors/mqtt/publish_judge.h"
#include "connectors/mqtt/sink_limits.h"

namespace tidegate::mqtt {

namespace {

using Phase = LinkState::Phase;

std::string client_id_for(const ConnectorContext& context, std::string wanted) {
  static constexpr std::string_view kRoute = "{route}";
  if (wanted.empty()) {
    const std::string route = context.route.empty() ? "" : context.route + "-";
    return fmt::format("{}-{}{}", context.gateway_id, route, context.name);
  }
  for (std::size_t at = 0; (at = wanted.find(kRoute, at)) != std::string::npos; at += context.route.size())
    wanted.replace(at, kRoute.size(), context.route);
  return wanted;
}

}  // namespace

MqttSink::MqttSink(const ConnectorContext& context, const SinkOptions& options)
    : clock_(*context.clock),
      log_("sink " + context.name),
      client_id_(client_id_for(context, options.client_id)),
      options_(options),
      writer_(options_, context.gateway_id),
      flights_(clock_) {}

MqttSink::~MqttSink() { close(); }

SinkLimits MqttSink::limits() const noexcept {
  return {limits::kPublishBatchEventsMax, limits::kPublishBatchBytesMax, limits::kPublishBatchesMax};
}

Status MqttSink::connect(Deadline deadline, std::stop_token stop) {
  const std::stop_callback wake_on_stop(stop, [this] { wake(); });
  advance();
  if (!has_link()) {
    if (Status opened = open_link(); !opened) return opened;
  }
  for (;;) {
    advance();
    if (greeted_) return {};
    if (!has_link()) return Error{ErrorCode::unavailable, last_failure_.what};
    flights_.take_wake();
    Status late;
    if (stop.stop_requested()) late = Error{ErrorCode::stopping, "stopped while connecting"};
    if (clock_.steady() >= deadline.at) late = Error{ErrorCode::timeout, "not connected within the deadline"};
    if (!late) {
      give_up_link();
      link_refused({std::nullopt, false, late.error().message});
      return late;
    }
    flights_.wait(std::min(deadline.at, next_timer()));
  }
}

void MqttSink::submit(Batch batch) {
  advance();
  Outbound out{batch.events, 0, 0};
  out.first_ticket = flights_.open(std::move(batch));
  outbox_.push_back(std::move(out));
  if (!has_link()) {
    if (const Status opened = open_link(); !opened) return end_all(opened.error().message, Cause::peer_down);
  }
  publish_more();
}

std::vector<Settled> MqttSink::wait(Deadline deadline, std::stop_token stop) {
  const std::stop_callback wake_on_stop(stop, [this] { wake(); });
  for (;;) {
    advance();
    if (flights_.take_wake() || !settled_.empty() || stop.stop_requested() || clock_.steady() >= deadline.at) break;
    flights_.wait(std::min(deadline.at, next_timer()));
  }
  return std::exchange(settled_, {});
}

void MqttSink::wake() noexcept { flights_.wake(); }

bool MqttSink::refresh_credentials() { return options_.password.refresh(); }

void MqttSink::close() noexcept {
  give_up_link();
  flights_.clear();
  outbox_.clear();
  settled_.clear();
}

bool MqttSink::has_link() const { return publisher_ != nullptr && flights_.phase() != Phase::none; }

Status MqttSink::open_link() {
  // A refused password may have been renewed in its file since.
  if (cause_of(last_failure_) == Cause::unauthorized) options_.password.refresh();
  connect_by_ = clock_.steady() + options_.connect_timeout;
  last_failure_ = {};
  dials_ = 0;
  return dial(options_.version == VersionChoice::v3_1_1 ? Version::v3_1_1 : Version::v5);
}

Status MqttSink::dial(Version version) {
  ++dials_;
  PublisherSetup setup;
  setup.broker = options_.broker;
  setup.client_id = client_id_;
  setup.user = options_.user;
  setup.password = options_.password.value();
  setup.version = version;
  setup.keep_alive = options_.keep_alive;
  setup.connect_timeout = options_.connect_timeout;
  setup.tls = options_.tls;
  auto made = Publisher::create(std::move(setup), flights_);
  if (!made) return std::move(made).error();
  publisher_ = *std::move(made);  // the old one ends after the new one is there: Paho keeps its threads
  version_ = version;
  greeted_ = false;
  loss_by_.reset();
  flights_.set_phase(Phase::connecting);
  if (Status started = publisher_->connect(); !started) {
    flights_.set_phase(Phase::none);
    return started;
  }
  return {};
}

/// Does what is due: looks after the connection, and collects the batches that are complete.
void MqttSink::advance() {
  if (publisher_) watch_link();
  publish_more();
  for (Flight& flight : flights_.take_complete()) settled_.push_back(settled_of(std::move(flight)));
}

void MqttSink::watch_link() {
  const Phase phase = flights_.phase();
  const SteadyTime now = clock_.steady();
  if (phase == Phase::connecting && now >= connect_by_) {
    give_up_link();
    return link_refused({std::nullopt, false,
                         fmt::format("{} has not accepted the connection within {} ms", options_.broker.text(),
                                     options_.connect_timeout.count())});
  }
  if (phase == Phase::up && !greeted_) greet(flights_.link().limits);
  if (phase == Phase::refused) return link_refused(flights_.link().failure);
  if (phase == Phase::ending) return link_ending();
  if (phase == Phase::lost) return link_lost(flights_.link().why);
  const auto silent = flights_.silent_since();
  if (phase == Phase::up && silent && now - *silent >= options_.ack_timeout) {
    link_lost(fmt::format("{} acknowledged nothing for {} ms", options_.broker.text(), options_.ack_timeout.count()));
    give_up_link();  // Paho would go on with what is open: only the end of the connection makes it let go
  }
}

/// The connection stands: events may leave, if the broker takes them as the config wants.
void MqttSink::greet(const BrokerLimits& limits) {
  std::string lacks;
  if (limits.qos_max < options_.qos)
    lacks = fmt::format("takes QoS {} at most, and the sink's qos is {}", limits.qos_max, options_.qos);
  if (!limits.retain && options_.retain) lacks = "does not retain messages, and the sink's retain is true";
  if (!lacks.empty()) {
    give_up_link();
    return link_refused({std::nullopt, false, options_.broker.text() + " " + lacks});
  }
  greeted_ = true;
  broker_limits_ = limits;
  window_ = std::min<std::size_t>(limits.receive_maximum, mqtt::limits::kPublishesOpenMax);
  if (version_ == Version::v3_1_1 && options_.qos == 2) window_ = mqtt::limits::kQos2OpenMax311;
  log_.info("connected to {} by {}", options_.broker.text(), name_of(version_));
}

void MqttSink::link_refused(ConnectFailure failure) {
  flights_.set_phase(Phase::none);
  const bool may_be_older =
      options_.version == VersionChoice::automatic && options_.format != SinkFormat::cloudevents_binary;
  const bool again = failure.speaks_not_this_version && may_be_older && dials_ < mqtt::limits::kDialsMax;
  // Without a CONNACK it may have been an accident: a broker that knows MQTT 5 must not be spoken to in 3.1.1 for it.
  if (again && dial(failure.reason || dials_ >= 2 ? Version::v3_1_1 : version_)) return;
  last_failure_ = std::move(failure);
  end_all(last_failure_.what, cause_of(last_failure_));
}

/// Nothing leaves any more. What is open waits for the reason, which is what an operator needs to know of it.
void MqttSink::link_ending() {
  greeted_ = false;
  const SteadyTime now = clock_.steady();
  if (!loss_by_) loss_by_ = now + mqtt::limits::kLossToldWithin;
  if (now < *loss_by_) return;
  link_lost(last_failure_.what.empty() ? "the connection ended before the broker answered" : last_failure_.what);
  give_up_link();
}

void MqttSink::link_lost(const std::string& why) {
  flights_.set_phase(Phase::none);
  greeted_ = false;
  last_failure_ = {std::nullopt, false, why};
  end_all(why, Cause::peer_down);
}

void MqttSink::give_up_link() {
  flights_.set_phase(Phase::none);
  greeted_ = false;
  publisher_.reset();
}

/// Fills the window.
void MqttSink::publish_more() {
  while (greeted_ && !outbox_.empty()) {
    const std::size_t unanswered = flights_.handed();
    if (unanswered >= window_) break;
    Outbound& out = outbox_.front();
    const std::size_t end = std::min(out.events.size(), out.next + window_ - unanswered);
    flights_.hand(out.first_ticket + out.next, end - out.next);
    for (; out.next < end; ++out.next) {
      if (publish(*out.events[out.next], out.first_ticket + out.next)) continue;
      // After one that could not be sent none may leave: the next one could be of the same key.
      flights_.take_back(out.first_ticket + out.next, end - out.next);
      flights_.ending();
      return link_ending();
    }
    if (out.next == out.events.size()) outbox_.pop_front();
  }
  // At the first free place, not at a batch of them: what leaves carries TCP's acknowledgement of the broker's answer,
  // which releases the next answer. mosquitto has Nagle's algorithm on, and its default window is 20.
  flights_.set_refill(greeted_ && !outbox_.empty() ? std::optional(window_ - 1) : std::nullopt);
}

/// Publishes one event, or rejects it. False: the connection does not take it, and last_failure_ says why.
bool MqttSink::publish(const OutEvent& event, std::uint64_t ticket) {
  Status sent = writer_.write(event, version_, message_);
  if (sent && message_.packet_bytes() > broker_limits_.packet_bytes_max)
    sent = Error{ErrorCode::invalid, fmt::format("the message has {} bytes, and the broker takes {} at most",
                                                 message_.packet_bytes(), broker_limits_.packet_bytes_max)};
  if (sent) sent = publisher_->publish(message_, options_.qos, options_.retain, ticket);
  if (sent) return true;
  if (sent.error().code == ErrorCode::invalid) {
    flights_.end(ticket, {Fate::rejected, std::move(sent).error().message}, Cause::none);
    return true;
  }
  last_failure_ = {std::nullopt, false, std::move(sent).error().message};
  return false;
}

void MqttSink::end_all(const std::string& why, Cause cause) {
  outbox_.clear();
  flights_.end_all(why, cause);
}

/// When advance() has something to do although nothing was heard.
SteadyTime MqttSink::next_timer() const {
  if (!publisher_) return SteadyTime::max();
  switch (flights_.phase()) {
    case Phase::connecting: return connect_by_;
    case Phase::up: {
      const auto silent = flights_.silent_since();
      return silent ? *silent + options_.ack_timeout : SteadyTime::max();
    }
    case Phase::ending: return loss_by_.value_or(SteadyTime::min());
    default: return SteadyTime::max();
  }
}

}  // namespace tidegate::mqtt

namespace tidegate {

Result<std::unique_ptr<Sink>> make_mqtt_sink(const ConnectorContext& context, const std::any& options) {
  return std::unique_ptr<Sink>(
      std::make_unique<mqtt::MqttSink>(context, std::any_cast<const mqtt::SinkOptions&>(options)));
}

Status check_mqtt_sink_route(const std::any& options, const TopicFilter& route) {
  return mqtt::check_sink_route(std::any_cast<const mqtt::SinkOptions&>(options), route);
}

}  // namespace tidegate
