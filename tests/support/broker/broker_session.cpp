#include "tests/support/broker/broker_session.h"

#include <algorithm>
#include <chrono>

#include "tests/support/process/marker.h"
#include "tests/support/process/publisher.h"

namespace tidegate::test {

namespace {

/// Output waiting for the socket; past it nothing more is sent.
constexpr std::size_t kOutputMax = 256u << 10;
/// Bytes an event of the load may be late by: a burst after a pause is bounded.
constexpr double kBurstSeconds = 0.1;

}  // namespace

void BrokerSession::start_load(BrokerLoad load) {
  if (!load.log.empty() && !log_.is_open()) log_.open(load.log, std::ios::app);
  load_ = std::move(load);
  allowance_ = 0;
}

void BrokerSession::pass(double seconds) {
  if (load_ && load_->rate > 0)
    allowance_ = std::min(allowance_ + seconds * load_->rate, std::max(1.0, load_->rate * kBurstSeconds));
}

bool BrokerSession::connected(mqtt::Version version, std::uint16_t window, bool clean_start) {
  version_ = version;
  window_ = window;
  if (clean_start) forget();
  return std::exchange(exists_, true);
}

void BrokerSession::send_open_again(std::string& out) {
  std::vector<std::pair<std::uint64_t, std::uint16_t>> in_order;
  for (const auto& [id, open] : open_) in_order.emplace_back(open.order, id);
  std::sort(in_order.begin(), in_order.end());
  for (const auto& [order, id] : in_order) {
    const Open& open = open_.at(id);
    if (open.released)
      mqtt::encode(out, version_, mqtt::Ack{mqtt::PacketType::pubrel, id, mqtt::Reason::success, {}});
    else
      send(open.message, id, true, out);
  }
}

void BrokerSession::disconnected() {
  for (const auto& [id, open] : open_)
    if (!open.released) note("open", open.message);
  flush_log();
}

void BrokerSession::forget() {
  exists_ = false;
  subscribed_ = false;
  open_.clear();
  queued_.clear();
}

void BrokerSession::note(std::string_view what, const Message& message) {
  if (message.publisher != 0 && log_.is_open()) log_ << what << ' ' << message.publisher << ' ' << message.seq << '\n';
}

std::optional<BrokerSession::Message> BrokerSession::next_of_load() {
  if (!load_ || (load_->count != 0 && made_ == load_->count)) return std::nullopt;
  if (load_->rate > 0 && allowance_ < 1) return std::nullopt;
  if (load_->rate > 0) allowance_ -= 1;
  Message out;
  out.publisher = static_cast<std::uint32_t>(made_ % load_->publishers) + 1;
  out.seq = made_ / load_->publishers + 1;
  ++made_;
  const auto now = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  append_payload(out.message.payload, {out.publisher, out.seq, static_cast<std::uint64_t>(now.count())},
                 load_->payload_bytes);
  out.message.topic = topic_of(out.publisher, out.seq % load_->keys);
  out.message.qos = static_cast<std::uint8_t>(load_->qos >= 0 ? load_->qos : out.publisher % 2 == 1 ? 1 : 2);
  return out;
}

std::optional<BrokerSession::Message> BrokerSession::next() {
  if (queued_.empty()) return next_of_load();
  Message out = std::move(queued_.front());
  queued_.pop_front();
  return out;
}

void BrokerSession::fill(std::string& out) {
  while (subscribed_ && open_.size() < window_ && out.size() < kOutputMax) {
    auto message = next();
    if (!message) return;
    if (message->message.qos == 0) {
      send(*message, 0, false, out);
      continue;
    }
    const std::uint16_t id = free_id();
    send(*message, id, false, out);
    open_.emplace(id, Open{std::move(*message), order_++, false});
  }
}

std::uint16_t BrokerSession::free_id() {
  if (script_.lowest_ids) last_id_ = 0;
  do {
    if (++last_id_ == 0) last_id_ = 1;
  } while (open_.contains(last_id_));
  return last_id_;
}

void BrokerSession::send(const Message& message, std::uint16_t packet_id, bool dup, std::string& out) {
  const BrokerMessage& m = message.message;
  mqtt::Publish packet{dup, m.qos, m.retain, m.topic, packet_id, {}, m.payload};
  if (version_ == mqtt::Version::v5) packet.properties = mqtt::Properties(m.properties);
  mqtt::encode(out, version_, packet);
  ++sent_;
}

std::string BrokerSession::acknowledge(const mqtt::Ack& ack, std::string& out) {
  using mqtt::PacketType;
  const auto found = open_.find(ack.packet_id);
  if (found == open_.end()) return "an acknowledgement for a packet id that is not open";
  Open& open = found->second;
  const bool qos2 = open.message.message.qos == 2;
  if (qos2 != (ack.type != PacketType::puback)) return "an acknowledgement that does not fit the QoS";
  if (ack.type == PacketType::pubcomp) {
    if (!open.released) return "PUBCOMP without PUBREL";
    open_.erase(found);
    return "";
  }
  const bool refused = mqtt::is_refusal(ack.reason);
  if (!open.released && !refused) {
    ++acked_;
    note("acked", open.message);
  }
  if (ack.type == PacketType::puback || refused) {
    open_.erase(found);
    return "";
  }
  open.released = true;
  mqtt::encode(out, version_, mqtt::Ack{PacketType::pubrel, ack.packet_id, mqtt::Reason::success, {}});
  return "";
}

}  // namespace tidegate::test
