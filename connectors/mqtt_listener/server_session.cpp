#include "connectors/mqtt_listener/server_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/mqtt/message.h"
#include "connectors/mqtt_listener/limits.h"

namespace tidegate::mqtt_listener {

using mqtt::PacketType;
using mqtt::PropertyId;
using mqtt::Reason;
using mqtt::Version;

ServerSession::ServerSession(SessionSetup& setup, std::uint64_t connection)
    : setup_(setup),
      connection_(connection),
      connect_since_(setup.clock.steady()),
      last_received_(connect_since_),
      rate_(setup.options.rate_limit, connect_since_) {}

std::size_t ServerSession::receive(std::string_view buffer) {
  arrival_ = setup_.clock.wall();
  const SteadyTime now = setup_.clock.steady();
  std::size_t done = 0;
  packet_size_ = 0;
  is_starved_ = false;
  while (!ended_ && !answers_first() && phase_ != Phase::closed && !submission_full()) {
    if (rate_.limits() && rate_.available(now) == 0) {
      rate_allows_at_ = rate_.ready_at(1);
      break;
    }
    mqtt::Frame frame;
    const mqtt::Framing framing = mqtt::next_frame(buffer.substr(done), frame);
    if (framing == mqtt::Framing::malformed) {
      fail({Reason::malformed_packet, "remaining length is not a number"});
      break;
    }
    const bool first = phase_ == Phase::connecting;
    if (frame.size > (first ? std::min(limits::kConnectBytesMax, setup_.options.max_packet_bytes)
                            : setup_.options.max_packet_bytes)) {
      fail({Reason::packet_too_large, "packet larger than the maximum"});
      break;
    }
    packet_size_ = frame.size;
    if (framing == mqtt::Framing::incomplete) {
      // What is no CONNECT is found out before memory is spent on the rest of it.
      if (first && frame.size > 0 && frame.type != PacketType::connect) handle(frame);
      is_starved_ = true;
      break;
    }
    last_received_ = now;
    handle(frame);
    done += frame.size;
    packet_size_ = 0;
  }
  return done;
}

void ServerSession::handle(const mqtt::Frame& frame) {
  if (phase_ == Phase::connecting) return on_connect(frame);
  if (frame.type == PacketType::connect) return fail({Reason::protocol_error, "a second CONNECT"});  // [MQTT-3.1.0-2]
  mqtt::Packet packet;
  if (const auto fault = mqtt::decode(frame, version_, packet)) return fail(*fault);
  std::visit([this](const auto& typed) { on(typed); }, packet);
}

template <class Other>
void ServerSession::on(const Other& /*packet*/) {
  fail({Reason::protocol_error, "a packet that a client must not send"});
}

std::optional<std::string_view> ServerSession::resolve_topic(const mqtt::Publish& packet) {
  if (packet.topic.empty() && version_ == Version::v3_1_1) {
    fail({Reason::topic_name_invalid, "empty topic"});  // [MQTT-4.7.3-1]
    return std::nullopt;
  }
  const std::uint32_t alias = packet.properties.number(PropertyId::topic_alias, 0);
  if (alias == 0) return packet.topic;
  if (alias > setup_.options.topic_alias_maximum) {
    fail({Reason::topic_alias_invalid, "topic alias past the maximum"});  // [MQTT-3.3.2-9]
    return std::nullopt;
  }
  if (aliases_.size() <= alias) aliases_.resize(alias + 1);
  std::string& topic = aliases_[alias];
  if (!packet.topic.empty()) {
    alias_bytes_ += packet.topic.size() - topic.size();
    topic = packet.topic;
  }
  if (alias_bytes_ > limits::kAliasBytesMax) {
    fail({Reason::quota_exceeded, "topic aliases for more than 16 KiB of topics"});
    return std::nullopt;
  }
  if (topic.empty()) {
    fail({Reason::protocol_error, "topic alias that stands for no topic"});
    return std::nullopt;
  }
  return topic;
}

bool ServerSession::count_open(const mqtt::Publish& packet) {
  if (packet.qos == 0) return true;
  if (packet.qos == 2) {
    const auto found = client_->open.find(packet.packet_id);
    if (found != client_->open.end() && found->second.seen_on == connection_) return true;
  }
  ++open_;
  if (version_ == Version::v3_1_1 || open_ <= setup_.options.receive_maximum) return true;
  fail({Reason::receive_maximum_exceeded, "more messages open than the receive maximum"});
  return false;
}

bool ServerSession::is_repeat(const mqtt::Publish& packet, std::uint64_t hash) {
  const auto found = client_->open.find(packet.packet_id);
  if (found == client_->open.end()) return false;
  OpenMessage& message = found->second;
  // The packet id stands for one message until it is released [MQTT-4.3.3-10]. But a client that has forgotten its
  // session begins to count anew: what has other content, or comes on a new connection and does not say that it was
  // sent before, is another message. Stored twice at worst, never lost.
  const bool same = message.state != OpenMessage::State::releasing && message.hash == hash &&
                    (packet.dup || message.seen_on == connection_);
  if (same) message.seen_on = connection_;
  return same;
}

void ServerSession::open_message(std::uint16_t packet_id, std::uint64_t hash) {
  const auto [at, is_new] = client_->open.insert_or_assign(packet_id, OpenMessage{hash, connection_, next_ticket_});
  if (is_new) setup_.book.opened();
  if (client_->number != 0) filling_.state.push_back(SessionBook::message_stored(*client_, packet_id, hash));
}

void ServerSession::on(const mqtt::Publish& packet) {
  rate_.take(1);
  const auto topic = resolve_topic(packet);
  if (!topic || !count_open(packet)) return;
  if (!may_publish(setup_.options.acl, guest_, *topic)) {
    ++refusals_.not_permitted;
    return refuse(packet, Reason::not_authorized, "the acl does not let it publish to that topic");
  }
  if (packet.qos == 2) {
    const std::uint64_t hash = mqtt::content_hash(*topic, packet.payload);
    if (is_repeat(packet, hash)) {
      ++filling_.repeats;
      return answers_.push_back({PacketType::pubrec, Reason::success, packet.packet_id, false, true});
    }
    if (!setup_.book.has_room()) {
      ++refusals_.over_limit;
      return refuse(packet, Reason::quota_exceeded, "too many messages at QoS 2 that are not released");
    }
    Result<Event> event = mqtt::make_event(packet, *topic, arrival_, own_attributes_);
    if (event) {
      open_message(packet.packet_id, hash);
      answers_.push_back({PacketType::pubrec, Reason::success, packet.packet_id, false, false});
      return add_event(std::move(*event));
    }
  } else if (Result<Event> event = mqtt::make_event(packet, *topic, arrival_, own_attributes_)) {
    if (packet.qos == 1) answers_.push_back({PacketType::puback, Reason::success, packet.packet_id, true, false});
    return add_event(std::move(*event));
  }
  ++refusals_.over_limit;
  refuse(packet, Reason::quota_exceeded, "a message breaks a limit of events");
}

void ServerSession::refuse(const mqtt::Publish& packet, Reason reason, std::string_view why) {
  if (packet.qos == 0) return;
  if (version_ == Version::v5)
    return answers_.push_back(
        {packet.qos == 1 ? PacketType::puback : PacketType::pubrec, reason, packet.packet_id, true, false});
  // In 3.1.1 an acknowledgement would say that it was taken [MQTT-3.3.5-2 of 3.1.1]. What came before is answered
  // first.
  halted_ = true;
  refused_because_ = why;
  answers_.push_back({PacketType::disconnect, reason, 0, false, false});
}

void ServerSession::add_event(Event event) {
  filling_bytes_ += mqtt::memory_bytes(event);
  filling_.events.push_back(std::move(event));
}

void ServerSession::on(const mqtt::Ack& packet) {
  if (packet.type != PacketType::pubrel) return fail({Reason::protocol_error, "an acknowledgement of no message"});
  release(packet.packet_id);
}

void ServerSession::release(std::uint16_t packet_id) {
  const auto found = client_->open.find(packet_id);
  if (found == client_->open.end())
    return answers_.push_back({PacketType::pubcomp, Reason::packet_identifier_not_found, packet_id, false, false});
  OpenMessage& message = found->second;
  answers_.push_back({PacketType::pubcomp, Reason::success, packet_id, message.seen_on == connection_, false});
  message.seen_on = 0;
  // Its receipt comes before that of this answer.
  if (message.state == OpenMessage::State::releasing) return;
  message.state = OpenMessage::State::releasing;
  message.ticket = next_ticket_;
  if (client_->number != 0) filling_.state.push_back(SessionBook::message_released(*client_, packet_id));
}

void ServerSession::on(const mqtt::Subscribe& packet) {
  std::string reasons;
  for (const mqtt::SubscribeFilter& filter : packet.filters) {
    Reason reason = Reason::not_authorized;
    if (version_ == Version::v3_1_1) {
      reason = Reason::unspecified_error;
    } else if (packet.properties.find(PropertyId::subscription_identifier)) {
      reason = Reason::subscription_identifiers_not_supported;
    } else if (filter.filter.starts_with("$share/")) {
      reason = Reason::shared_subscriptions_not_supported;
    } else if (filter.filter.find_first_of("+#") != std::string_view::npos) {
      reason = Reason::wildcard_subscriptions_not_supported;
    }
    reasons.push_back(static_cast<char>(reason));
  }
  refusals_.subscriptions += packet.filters.size();
  mqtt::PropertyWriter properties;
  if (wants_reasons_)
    properties.text(PropertyId::reason_string, "this server only takes messages; subscribe at a broker");
  send(mqtt::SubscriptionAck{PacketType::suback, packet.packet_id, properties.view(), reasons});
}

void ServerSession::on(const mqtt::Unsubscribe& packet) {
  const std::string reasons(packet.filters.size(), static_cast<char>(Reason::no_subscription_existed));
  send(mqtt::SubscriptionAck{PacketType::unsuback, packet.packet_id, {}, reasons});
}

void ServerSession::on(mqtt::Pingreq) { encode(output_, mqtt::Pingresp{}); }

void ServerSession::on(const mqtt::Disconnect& packet) {
  if (const auto expiry = packet.properties.find(PropertyId::session_expiry_interval)) {
    if (client_->expiry.count() == 0 && expiry->number != 0)
      return fail(
          {Reason::protocol_error, "session expiry in DISCONNECT after none in CONNECT"});  // section 3.14.2.2.2
    client_->expiry = std::min(std::chrono::seconds{expiry->number}, setup_.options.session_expiry_max);
  }
  if (packet.reason == Reason::success) will_.reset();  // [MQTT-3.14.4-3]
  end(SessionEnd::Kind::goodbye, packet.reason, "the client said goodbye");
}

std::optional<std::pair<Ticket, Submission>> ServerSession::take_submission() {
  const bool has_content = !filling_.events.empty() || !filling_.state.empty() || filling_.repeats > 0;
  if (!has_content && answers_.empty()) return std::nullopt;
  const Ticket ticket = next_ticket_++;
  submitted_.push_back({std::exchange(answers_, {}), filling_bytes_, filling_.events.size(), !has_content});
  unreceipted_bytes_ += std::exchange(filling_bytes_, 0);
  if (has_content) return std::pair(ticket, std::exchange(filling_, Submission{}));
  drain();
  return std::nullopt;
}

void ServerSession::settle(Ticket ticket, Admission admission) {
  const Ticket first = next_ticket_ - submitted_.size();
  if (ticket < first || ticket >= next_ticket_) return;
  Submitted& submitted = submitted_[ticket - first];
  submitted.settled = true;
  submitted.admission = admission;
  drain();
}

void ServerSession::drain() {
  while (!submitted_.empty() && submitted_.front().settled) {
    const Submitted submitted = std::move(submitted_.front());
    const Ticket ticket = next_ticket_ - submitted_.size();
    submitted_.pop_front();
    unreceipted_bytes_ -= submitted.bytes;
    if (submitted.admission == Admission::refused_invalid && submitted.events > 1) {
      // One of them is at fault. They come again, and are then submitted one by one.
      setup_.submission_events_max = 1;
      end(SessionEnd::Kind::resubmit, Reason::implementation_specific_error,
          "the intake refused an event of a group; its messages have to come again one by one");
    }
    for (const Answer& answer : submitted.answers) settle(submitted, ticket, answer);
  }
}

void ServerSession::settle(const Submitted& submitted, Ticket ticket, const Answer& answer) {
  const bool taken = submitted.admission == Admission::durable || submitted.admission == Admission::refused_full;
  if (answer.type == PacketType::pubrec || answer.type == PacketType::pubcomp) settle_message(ticket, answer, taken);
  if (phase_ != Phase::open || ended_) return;
  if (answer.counted && open_ > 0) --open_;
  if (answer.type == PacketType::disconnect)
    return end(SessionEnd::Kind::not_permitted, answer.reason, std::string(refused_because_));
  if (!taken && !is_refusal(answer.reason)) {
    if (submitted.admission == Admission::refused_invalid) refused_by_intake(answer);
    return;
  }
  if (answer.type == PacketType::connack) {
    output_.append(std::exchange(connack_, {}));
    return;
  }
  // What it repeats was refused since then: it has to come again.
  if (answer.repeat && !client_->open.contains(answer.packet_id))
    return end(SessionEnd::Kind::resubmit, Reason::implementation_specific_error, "a message was not stored");
  send(mqtt::Ack{answer.type, answer.packet_id, answer.reason, {}});
}

void ServerSession::refused_by_intake(const Answer& answer) {
  const bool is_message = answer.type == PacketType::puback || answer.type == PacketType::pubrec;
  if (!is_message || version_ == Version::v3_1_1)
    return end(SessionEnd::Kind::resubmit, Reason::quota_exceeded, "the intake refused an event");
  ++refusals_.over_limit;
  if (answer.type == PacketType::pubrec && open_ > 0) --open_;
  send(mqtt::Ack{answer.type, answer.packet_id, Reason::quota_exceeded, {}});
}

void ServerSession::settle_message(Ticket ticket, const Answer& answer, bool taken) {
  const auto found = client_->open.find(answer.packet_id);
  if (found == client_->open.end()) return;
  OpenMessage& message = found->second;
  if (message.ticket != ticket) return;
  const bool is_release = answer.type == PacketType::pubcomp;
  if (is_release != (message.state == OpenMessage::State::releasing)) return;
  if (is_release != taken) {
    message.state = OpenMessage::State::stored;
    return;
  }
  client_->open.erase(found);
  setup_.book.closed();
}

void ServerSession::set_reading(bool reading) {
  if (reading && !is_reading_) connect_since_ = last_received_ = setup_.clock.steady();
  is_reading_ = reading;
}

SteadyTime ServerSession::next_tick() const noexcept {
  if (ended_ || phase_ == Phase::closed || !is_reading_ || !connack_.empty()) return SteadyTime::max();
  if (phase_ != Phase::open) return connect_since_ + setup_.options.connect_timeout;
  if (keep_alive_.count() == 0) return SteadyTime::max();
  return last_received_ + std::chrono::milliseconds{keep_alive_} * 3 / 2;  // [MQTT-3.1.2-22]
}

void ServerSession::tick() {
  if (setup_.clock.steady() < next_tick()) return;
  if (phase_ != Phase::open) return end(SessionEnd::Kind::timeout, Reason::unspecified_error, "no CONNECT in time");
  if (version_ == Version::v5) send(mqtt::Disconnect{Reason::keep_alive_timeout, {}});
  end(SessionEnd::Kind::timeout, Reason::keep_alive_timeout,
      fmt::format("nothing heard for 1.5 times the keep alive of {} s", keep_alive_.count()));
}

void ServerSession::sent(std::size_t bytes) {
  constexpr std::size_t kKeepCapacity = 512;
  sent_ += bytes;
  if (sent_ < output_.size()) return;
  sent_ = 0;
  output_.clear();
  if (output_.capacity() > kKeepCapacity) output_.shrink_to_fit();
}

void ServerSession::leave(SessionEnd::Kind kind, Reason reason, std::string_view why) {
  const bool may_speak = phase_ == Phase::open && connack_.empty() && !ended_;  // [MQTT-3.2.0-1]
  if (may_speak && version_ == Version::v5) send(mqtt::Disconnect{reason, {}});
  end(kind, reason, std::string(why));
}

void ServerSession::disconnected() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  output_ = {};
  aliases_ = {};
  greeting_.reset();
  if (!client_) return;
  // A gateway that stops says nothing about its devices.
  if (ended_ && ended_->kind == SessionEnd::Kind::stopping) will_.reset();
  if (will_) {
    will_->delay = std::min(will_->delay, client_->expiry);
    if (will_->delay.count() > 0)
      client_->will = std::move(will_);
    else
      add_event(std::move(will_->event));
    will_.reset();
  }
  setup_.book.end(client_, setup_.clock.wall(), setup_.clock.steady(), filling_.state);
}

void ServerSession::fail(const mqtt::Fault& fault) {
  // MQTT 3.1.1 has no way to tell the client why.
  if (phase_ == Phase::open && version_ == Version::v5) send(mqtt::Disconnect{fault.reason, {}});
  end(SessionEnd::Kind::protocol_error, fault.reason, fmt::format("{} ({})", fault.what, name_of(fault.reason)));
}

void ServerSession::end(SessionEnd::Kind kind, Reason reason, std::string why) {
  if (!ended_) ended_ = SessionEnd{kind, reason, std::move(why)};
}

}  // namespace tidegate::mqtt_listener
