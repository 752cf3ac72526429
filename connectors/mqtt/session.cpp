#include "connectors/mqtt/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/mqtt/explain.h"
#include "connectors/mqtt/limits.h"
#include "connectors/mqtt/message.h"
#include "connectors/mqtt/wire.h"

namespace tidegate::mqtt {

namespace {

/// Packet ids of the client's own packets; only one of each is ever open.
constexpr std::uint16_t kSubscribeId = 1;
constexpr std::uint16_t kUnsubscribeId = 2;

/// The source state that says what the broker's session subscribes to: the filters, each with its length before it.
constexpr std::string_view kSubscriptionsKey = "subscriptions";
/// Of a subscription an earlier run made: good enough to end it, not to rely on it.
constexpr std::uint8_t kUnknownQos = 3;

}  // namespace

Session::Session(const SourceOptions& options, std::string client_id, const Clock& clock)
    : options_(options),
      client_id_(std::move(client_id)),
      clock_(clock),
      submission_events_max_(limits::kSubmissionEventsMax) {}

void Session::restore(const std::vector<std::pair<std::string, std::string>>& state) {
  redelivery_.restore(state);
  for (const auto& [key, value] : state) {
    if (key != kSubscriptionsKey) continue;
    Reader reader(value);
    while (!reader.at_end()) {
      const std::string_view filter = reader.sized();
      if (reader.ok()) held_.emplace_back(filter, kUnknownQos);
    }
  }
}

void Session::connected(Version version) {
  version_ = version;
  phase_ = Phase::connecting;
  ended_.reset();
  output_.clear();
  packet_size_ = 0;
  oversize_ = Oversize{};
  pings_open_ = 0;
  keep_alive_ = options_.keep_alive;
  aliases_.assign(std::size_t{options_.topic_alias_maximum} + 1, std::string{});
  last_received_ = clock_.steady();

  PropertyWriter properties;
  properties.number(PropertyId::session_expiry_interval, static_cast<std::uint32_t>(options_.session_expiry.count()))
      .number(PropertyId::receive_maximum, options_.receive_maximum)
      .number(PropertyId::maximum_packet_size, limits::kPacketBytesMax)
      .number(PropertyId::topic_alias_maximum, options_.topic_alias_maximum);
  Connect connect;
  connect.version = version;
  connect.keep_alive_s = static_cast<std::uint16_t>(keep_alive_.count());
  connect.properties = properties.view();
  connect.client_id = client_id_;
  if (options_.user) connect.user = *options_.user;
  if (!options_.password.empty()) connect.password = options_.password.reveal();
  encode(output_, connect);
  expect_answer();
}

void Session::disconnected() {
  phase_ = Phase::offline;
  output_.clear();
  answer_by_ = SteadyTime::max();
}

std::size_t Session::receive(std::string_view buffer) {
  arrival_ = clock_.wall();
  last_received_ = clock_.steady();
  if (pings_open_ > 0 || phase_ == Phase::subscribing) expect_answer();
  std::size_t done = 0;
  packet_size_ = 0;
  while (!ended_ && !submission_full()) {
    const std::string_view rest = buffer.substr(done);
    if (oversize_.left > 0) {
      done += skip_oversize(rest);
      if (oversize_.left > 0) break;
      continue;
    }
    Frame frame;
    const Framing framing = next_frame(rest, frame);
    if (framing == Framing::malformed) {
      fail({Reason::malformed_packet, "remaining length is not a number"});
      break;
    }
    if (frame.size > limits::kPacketBytesMax) {
      if (begin_oversize(frame)) continue;
      packet_size_ = frame.header_size + 2 + kStringBytesMax + 2;
      break;
    }
    packet_size_ = frame.size;
    if (framing == Framing::incomplete) break;
    handle(frame);
    done += frame.size;
    packet_size_ = 0;
  }
  return done;
}

std::size_t Session::skip_oversize(std::string_view rest) {
  const std::size_t taken = std::min(rest.size(), oversize_.left);
  oversize_.left -= taken;
  if (oversize_.left == 0) refuse(oversize_.qos, oversize_.packet_id, "packet larger than an event may be");
  return taken;
}

bool Session::begin_oversize(const Frame& frame) {
  // An MQTT 5 broker was told the limit. In 3.1.1 there is no such thing, and ending the connection would only make
  // the broker send the message again, for ever.
  if (version_ == Version::v5 || frame.type != PacketType::publish || phase_ == Phase::connecting) {
    fail({Reason::packet_too_large, "packet larger than the maximum"});
    return true;
  }
  Reader reader(frame.body);
  reader.sized();
  const auto qos = static_cast<std::uint8_t>(frame.flags >> 1 & 3u);
  const std::uint16_t packet_id = qos == 0 ? std::uint16_t{0} : reader.u16();
  if (!reader.ok()) return false;
  oversize_ = Oversize{frame.size, qos, packet_id};
  return true;
}

void Session::handle(const Frame& frame) {
  // Not decoded: the faults of a CONNECT have reasons that a DISCONNECT must not carry.
  if (frame.type == PacketType::connect) return fail({Reason::protocol_error, "a packet that a broker must not send"});
  if (const auto fault = decode(frame, version_, packet_)) return fail(*fault);
  const bool first = std::holds_alternative<Connack>(packet_);
  if (first != (phase_ == Phase::connecting))
    return fail({Reason::protocol_error, first ? "a second CONNACK" : "a packet before CONNACK"});
  std::visit([this](const auto& packet) { on(packet); }, packet_);
}

template <class Other>
void Session::on(const Other& /*packet*/) {
  fail({Reason::protocol_error, "a packet that a broker must not send"});
}

void Session::on(const Connack& packet) {
  answer_by_ = SteadyTime::max();
  if (packet.reason != Reason::success) {
    const bool old = packet.reason == Reason::unsupported_protocol_version;
    return end(old ? SessionEnd::Kind::old_broker : SessionEnd::Kind::refused, packet.reason,
               "the broker refused the connection: " + explain(packet.reason, packet.properties));
  }
  session_present_ = packet.session_present;
  keep_alive_ = std::chrono::seconds{
      packet.properties.number(PropertyId::server_keep_alive, static_cast<std::uint32_t>(keep_alive_.count()))};
  session_expiry_ = std::chrono::seconds{packet.properties.number(
      PropertyId::session_expiry_interval, static_cast<std::uint32_t>(options_.session_expiry.count()))};
  redelivery_.connected(session_present_, filling_.state);
  if (!session_present_) held_.clear();
  subscribe(packet.properties);
}

std::optional<Reason> Session::not_offered(const Properties& connack, std::string_view filter) {
  const bool shared = filter.starts_with("$share/");
  if (shared && connack.number(PropertyId::shared_subscription_available, 1) == 0)
    return Reason::shared_subscriptions_not_supported;
  const bool wildcard = filter.find_first_of("+#") != std::string_view::npos;
  if (wildcard && connack.number(PropertyId::wildcard_subscription_available, 1) == 0)
    return Reason::wildcard_subscriptions_not_supported;
  return std::nullopt;
}

void Session::subscribe(const Properties& connack) {
  const auto wanted = [this](const auto& held) {
    return std::any_of(options_.subscribe.begin(), options_.subscribe.end(),
                       [&](const Subscription& s) { return s.topic == held.first; });
  };
  const auto stale = std::stable_partition(held_.begin(), held_.end(), wanted);
  if (stale != held_.end()) {
    Unsubscribe unsubscribe{kUnsubscribeId, {}, {}};
    for (auto it = stale; it != held_.end(); ++it) unsubscribe.filters.push_back(it->first);
    encode(output_, version_, unsubscribe);
    held_.erase(stale, held_.end());
    subscriptions_changed_ = true;
  }
  // MQTT 5 can ask for retained messages with new subscriptions only. In 3.1.1 each SUBSCRIBE brings them again, so
  // there a subscription that the session holds is not renewed.
  asked_.clear();
  refused_.clear();
  for (const Subscription& s : options_.subscribe) {
    // To ask for what the broker said it does not have would end the connection.
    if (const auto reason = not_offered(connack, s.topic)) {
      refused_.push_back({s.topic, *reason});
      continue;
    }
    const bool held = std::find(held_.begin(), held_.end(), std::pair(s.topic, s.qos)) != held_.end();
    if (version_ == Version::v5 || !held) asked_.push_back(s);
  }
  if (asked_.empty()) {
    phase_ = Phase::open;
    return;
  }
  Subscribe subscribe{kSubscribeId, {}, {}};
  for (const Subscription& s : asked_) subscribe.filters.push_back({s.topic, s.qos, false, false, 1});
  encode(output_, version_, subscribe);
  phase_ = Phase::subscribing;
  expect_answer();
}

void Session::on(const SubscriptionAck& packet) {
  if (packet.type == PacketType::unsuback) {
    if (packet.packet_id != kUnsubscribeId) fail({Reason::protocol_error, "UNSUBACK for no UNSUBSCRIBE"});
    return;
  }
  if (phase_ != Phase::subscribing || packet.packet_id != kSubscribeId || packet.reasons.size() != asked_.size())
    return fail({Reason::protocol_error, "SUBACK that does not fit the SUBSCRIBE"});
  if (pings_open_ == 0) answer_by_ = SteadyTime::max();
  phase_ = Phase::open;
  subscribed(packet);
}

void Session::subscribed(const SubscriptionAck& packet) {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto reason = static_cast<Reason>(packet.reasons[i]);
    const Subscription& s = asked_[i];
    if (is_refusal(reason)) {
      refused_.push_back({s.topic, reason});
      continue;
    }
    const auto held = std::find_if(held_.begin(), held_.end(), [&](const auto& h) { return h.first == s.topic; });
    if (held != held_.end() && held->second == s.qos) continue;
    if (held != held_.end())
      held->second = s.qos;
    else
      held_.emplace_back(s.topic, s.qos);
    subscriptions_changed_ = true;
  }
}

std::optional<std::string_view> Session::resolve_topic(const Publish& packet) {
  if (version_ == Version::v3_1_1 || packet.properties.empty()) return packet.topic;
  const std::uint32_t alias = packet.properties.number(PropertyId::topic_alias, 0);
  if (alias == 0) return packet.topic;
  if (alias >= aliases_.size()) {
    fail({Reason::topic_alias_invalid, "topic alias past the maximum"});
    return std::nullopt;
  }
  if (!packet.topic.empty()) aliases_[alias] = packet.topic;
  if (aliases_[alias].empty()) {
    fail({Reason::protocol_error, "topic alias that stands for no topic"});
    return std::nullopt;
  }
  return aliases_[alias];
}

void Session::on(const Publish& packet) {
  const auto topic = resolve_topic(packet);
  if (!topic) return;
  Result<Event> event = make_event(packet, *topic, arrival_);
  if (!event) return refuse(packet.qos, packet.packet_id, "message breaks a limit of events");
  if (packet.qos > 0) {
    const std::uint64_t hash = content_hash(*topic, packet.payload);
    const Arrival arrival = redelivery_.publish(packet.qos, packet.packet_id, hash, packet.dup);
    if (arrival != Arrival::fresh) ++filling_.repeats;
    if (arrival == Arrival::known) return acknowledge_now(packet.qos, packet.packet_id);
    if (arrival == Arrival::waiting) return;
  }
  filling_bytes_ += memory_bytes(*event);
  filling_.events.push_back(std::move(*event));
}

void Session::refuse(std::uint8_t qos, std::uint16_t packet_id, std::string_view why) {
  ++refused_messages_;
  refused_because_ = why;
  if (qos == 0) return;
  const PacketType type = qos == 1 ? PacketType::puback : PacketType::pubrec;
  encode(output_, version_, Ack{type, packet_id, Reason::quota_exceeded, {}});
}

void Session::acknowledge_now(std::uint8_t qos, std::uint16_t packet_id) {
  if (qos == 1) redelivery_.acknowledged(packet_id);
  encode(output_, version_, Ack{qos == 1 ? PacketType::puback : PacketType::pubrec, packet_id, Reason::success, {}});
}

void Session::on(const Ack& packet) {
  if (packet.type != PacketType::pubrel) return fail({Reason::protocol_error, "an acknowledgement of no message"});
  if (redelivery_.release(packet.packet_id) == Arrival::known)
    encode(output_, version_, Ack{PacketType::pubcomp, packet.packet_id, Reason::packet_identifier_not_found, {}});
}

void Session::on(const Disconnect& packet) {
  if (version_ == Version::v3_1_1) return fail({Reason::protocol_error, "DISCONNECT from the broker in MQTT 3.1.1"});
  end(SessionEnd::Kind::disconnected, packet.reason,
      "the broker ended the connection: " + explain(packet.reason, packet.properties));
}

void Session::on(Pingresp) {
  if (pings_open_ == 0) return;
  --pings_open_;
  if (pings_open_ == 0 && phase_ == Phase::open) answer_by_ = SteadyTime::max();
  redelivery_.ping_answered(acks_before_ping_);
}

void Session::remember_subscriptions() {
  std::string value;
  for (const auto& held : held_) put_sized(value, held.first);
  filling_.state.push_back({std::string(kSubscriptionsKey), std::move(value), held_.empty()});
  subscriptions_changed_ = false;
}

std::optional<std::pair<Ticket, Submission>> Session::take_submission() {
  if (subscriptions_changed_ && phase_ == Phase::open) remember_subscriptions();
  const bool idle_cleaning =
      phase_ == Phase::open && redelivery_.has_stale_state() && submitted_.empty() && redelivery_.acks_unproven() == 0;
  if (filling_.events.empty() && filling_.state.empty() && filling_.repeats == 0 && !redelivery_.filling() &&
      !idle_cleaning)
    return std::nullopt;
  const Ticket ticket = redelivery_.seal(filling_.state);
  submitted_.push_back({filling_bytes_, filling_.events.size(), false});
  next_ticket_ = ticket + 1;
  unreceipted_bytes_ += filling_bytes_;
  filling_bytes_ = 0;
  return std::pair(ticket, std::exchange(filling_, Submission{}));
}

void Session::settle(Ticket ticket, Admission admission) {
  const Ticket first = next_ticket_ - submitted_.size();
  if (ticket < first || ticket >= next_ticket_ || submitted_[ticket - first].settled) return;
  Submitted& submitted = submitted_[ticket - first];
  submitted.settled = true;
  unreceipted_bytes_ -= submitted.bytes;
  const bool again = admission == Admission::refused_invalid && submitted.events > 1;
  if (again) {
    // One of them is at fault. They come again, and are then submitted one by one.
    submission_events_max_ = 1;
    admission = Admission::stopping;
  }
  if (admission == Admission::refused_invalid) {
    refused_messages_ += submitted.events;
    refused_because_ = "the intake refused the event";
  }
  while (!submitted_.empty() && submitted_.front().settled) submitted_.pop_front();
  due_.clear();
  redelivery_.settle(ticket, admission, due_);
  if (phase_ == Phase::offline || phase_ == Phase::connecting) return;
  for (const Ack& ack : due_) encode(output_, version_, ack);
  if (redelivery_.acks_unproven() > limits::kUnprovenAcksMax && pings_open_ == 0) ping();
  if (again && !ended_)
    end(SessionEnd::Kind::resubmit, Reason::implementation_specific_error,
        "an event of a group was refused; its messages are fetched again one by one");
}

void Session::ping() {
  if (pings_open_++ == 0) acks_before_ping_ = redelivery_.acks_sent();
  encode(output_, Pingreq{});
  expect_answer();
}

void Session::expect_answer() { answer_by_ = clock_.steady() + limits::kAnswerTimeout; }

void Session::set_reading(bool reading) {
  if (reading && !reading_ && answer_by_ != SteadyTime::max()) expect_answer();
  reading_ = reading;
}

SteadyTime Session::next_tick() const noexcept {
  if (phase_ == Phase::offline) return SteadyTime::max();
  SteadyTime next = reading_ ? answer_by_ : SteadyTime::max();
  if (phase_ == Phase::connecting || keep_alive_.count() == 0) return next;
  // Early enough that a slow answer still comes within the interval that the broker was promised.
  const SteadyTime quiet_since = pings_open_ > 0 ? last_sent_ : std::min(last_sent_, last_received_);
  return std::min(next, quiet_since + std::chrono::milliseconds{keep_alive_} * 3 / 4);
}

void Session::tick() {
  const SteadyTime now = clock_.steady();
  if (phase_ == Phase::offline || ended_ || now < next_tick()) return;
  if (reading_ && now >= answer_by_) {
    const std::string_view what = phase_ == Phase::connecting    ? "CONNACK"
                                  : phase_ == Phase::subscribing ? "SUBACK"
                                                                 : "PINGRESP";
    return end(SessionEnd::Kind::timeout, Reason::unspecified_error,
               fmt::format("the broker sent no {} within {} s", what, limits::kAnswerTimeout.count()));
  }
  ping();
}

bool Session::take_output(std::string& out) {
  if (output_.empty()) return false;
  out.swap(output_);
  last_sent_ = clock_.steady();
  return true;
}

void Session::say_goodbye() {
  if (phase_ == Phase::subscribing || phase_ == Phase::open) encode(output_, version_, Disconnect{});
}

void Session::fail(const Fault& fault) {
  // MQTT 3.1.1 has no way to tell the broker why.
  if (version_ == Version::v5 && phase_ != Phase::connecting) encode(output_, version_, Disconnect{fault.reason, {}});
  end(SessionEnd::Kind::protocol_error, fault.reason,
      fmt::format("the broker broke the protocol: {} ({})", fault.what, name_of(fault.reason)));
}

void Session::end(SessionEnd::Kind kind, Reason reason, std::string why) {
  if (!ended_) ended_ = SessionEnd{kind, reason, std::move(why)};
}

}  // namespace tidegate::mqtt
