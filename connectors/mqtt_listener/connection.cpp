#include "connectors/mqtt_listener/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "connectors/mqtt_listener/limits.h"

namespace tidegate::mqtt_listener {

namespace {

SteadyTime packet_deadline(SteadyTime now, std::size_t packet_size) {
  return now + limits::kPacketTime + std::chrono::seconds{packet_size / limits::kPacketBytesPerSecondMin};
}

}  // namespace

Connection::Connection(Door& door, SessionSetup& setup, std::uint64_t number, std::unique_ptr<Channel> channel,
                       Acceptor::Place place)
    : door_(door),
      clock_(setup.clock),
      number_(number),
      // What a rate holds back waits in the socket, not here.
      turn_bytes_(setup.options.rate_limit > 0 ? limits::kPartialBytesFree : limits::kTurnBytes),
      channel_(std::move(channel)),
      place_(std::move(place)),
      session_(setup, number) {
  door_.wake_at(session_.next_tick());
}

void Connection::set_reading(bool reading) {
  if (reading && !is_reading_ && partial_by_ != SteadyTime::max())
    partial_by_ = packet_deadline(clock_.steady(), session_.packet_size());
  is_reading_ = reading;
  session_.set_reading(reading);
  if (reading) door_.wake_at(next_time());
}

void Connection::go_on() {
  if (is_closed() || session_.ended() || is_waiting_ || is_held_) return;
  if (session_.answers_first() || session_.output().size() > limits::kOutputBytesMax) return set_reading(false);
  is_slowed_ = session_.rate_allows_at() > clock_.steady();
  if (is_slowed_) {
    set_reading(false);
    return door_.wake_at(session_.rate_allows_at());
  }
  if (!door_.may_read()) {
    set_reading(false);
    is_held_ = true;
    return door_.hold(shared_from_this());
  }
  set_reading(true);
  if (std::exchange(stopped_early_, false)) {
    const std::string rest = std::exchange(partial_, {});
    return feed(rest);
  }
  if (std::exchange(is_readable_, false)) return take_turn();
  await_bytes(Channel::State::wants_read);
}

void Connection::await_bytes(Channel::State what) {
  is_waiting_ = true;
  auto ready = [self = shared_from_this()] {
    self->is_waiting_ = false;
    self->is_readable_ = true;
    self->go_on();
  };
  if (what == Channel::State::done)
    channel_->yield(std::move(ready));
  else
    channel_->wait(what, std::move(ready));
}

void Connection::take_turn() {
  const std::span<char> scratch = door_.scratch();
  // A packet that fits a turn is put together in the scratch, a larger one in memory of its own.
  const bool large = session_.packet_size() > limits::kTurnBytes;
  const std::size_t kept = large ? 0 : partial_.size();
  if (kept > 0) std::memcpy(scratch.data(), partial_.data(), kept);
  const Channel::Step step = channel_->read(scratch.subspan(kept, turn_bytes_));
  if (step.state == Channel::State::ended)
    return lost(channel_->trouble().empty() ? "the client closed the connection"
                                            : "TLS handshake failed: " + channel_->trouble());
  if (step.state != Channel::State::done) return await_bytes(step.state);
  const std::string_view bytes(scratch.data(), kept + step.bytes);
  if (!large) return feed(bytes);
  partial_.append(bytes);
  if (partial_.size() < session_.packet_size())
    return await_bytes(channel_->has_buffered() ? Channel::State::done : Channel::State::wants_read);
  const std::string packet = std::exchange(partial_, {});
  feed(packet);
}

void Connection::feed(std::string_view bytes) {
  bool is_new_packet = false;
  for (;;) {
    const std::size_t done = session_.receive(bytes);
    is_new_packet |= done > 0;
    bytes.remove_prefix(done);
    if (session_.greeting() != nullptr) door_.decide(*this);
    hand_over();
    if (done == 0 || bytes.empty() || session_.ended() || is_closed() || !door_.may_read()) break;
  }
  if (is_closed()) return;
  stopped_early_ = !bytes.empty() && !session_.is_starved();
  if (is_new_packet) partial_by_ = SteadyTime::max();
  keep(bytes);
  flush();
  if (is_closed() || session_.ended()) return;
  if (!stopped_early_ && channel_->has_buffered()) return await_bytes(Channel::State::done);
  go_on();
}

void Connection::keep(std::string_view rest) {
  const std::size_t packet = stopped_early_ ? 0 : session_.packet_size();
  const std::size_t needed = rest.empty() ? 0 : std::max(rest.size(), packet);
  const std::size_t to_reserve = needed > limits::kPartialBytesFree ? needed : 0;
  if (!door_.reserve(to_reserve, reserved_))
    return leave(SessionEnd::Kind::overloaded, mqtt::Reason::quota_exceeded,
                 "too many large packets arrive at once; there is no room for this one");
  reserved_ = to_reserve;
  if (rest.empty()) {
    partial_ = {};
  } else {
    partial_.reserve(needed > limits::kTurnBytes ? needed + limits::kTurnBytes : needed);
    partial_.assign(rest);
  }
  if (rest.empty() || stopped_early_)
    partial_by_ = SteadyTime::max();
  else if (partial_by_ == SteadyTime::max())
    partial_by_ = packet_deadline(clock_.steady(), packet);
}

void Connection::hand_over() {
  while (auto next = session_.take_submission()) door_.submit(*this, next->first, std::move(next->second));
  door_.account(accounted_, session_.unreceipted_bytes());
  accounted_ = session_.unreceipted_bytes();
  door_.count(session_.take_refusals(), *this);
}

void Connection::after_change() {
  hand_over();
  if (is_closed()) return session_.unreceipted() == 0 ? door_.settled(*this) : void();
  flush();
  go_on();
}

void Connection::flush() {
  while (!is_closed() && !is_writing_ && !session_.output().empty()) {
    const Channel::Step step = channel_->write(session_.output());
    if (step.state == Channel::State::ended) return lost("the client closed the connection");
    if (step.state != Channel::State::done) return await_room(step.state);
    session_.sent(step.bytes);
    written_by_ = SteadyTime::max();
  }
  if (!is_closed() && !is_writing_ && session_.ended()) close(session_.ended()->kind != SessionEnd::Kind::stopping);
}

void Connection::await_room(Channel::State what) {
  is_writing_ = true;
  const SteadyTime now = clock_.steady();
  // Who does not take a goodbye needs none.
  if (session_.ended())
    written_by_ = now + limits::kStopGoodbye;
  else if (written_by_ == SteadyTime::max())
    written_by_ = now + limits::kWriteTimeout;
  door_.wake_at(written_by_);
  channel_->wait(what, [self = shared_from_this()] {
    self->is_writing_ = false;
    if (self->is_closed()) return;
    self->flush();
    self->go_on();
  });
}

SteadyTime Connection::next_time() const noexcept {
  if (is_closed()) return SteadyTime::max();
  SteadyTime next = std::min(session_.next_tick(), written_by_);
  if (is_slowed_) next = std::min(next, session_.rate_allows_at());
  return is_reading_ ? std::min(next, partial_by_) : next;
}

void Connection::on_time(SteadyTime now) {
  if (is_closed()) return;
  if (now >= written_by_) return lost("the client takes nothing that is sent to it");
  if (is_reading_ && now >= partial_by_ && session_.is_open())
    return leave(SessionEnd::Kind::timeout, mqtt::Reason::unspecified_error, "a packet did not arrive in time");
  session_.tick();
  flush();
  go_on();
}

void Connection::leave(SessionEnd::Kind kind, mqtt::Reason reason, std::string_view why) {
  if (is_closed()) return;
  session_.leave(kind, reason, why);
  flush();
}

void Connection::lost(std::string why) {
  lost_because_ = std::move(why);
  close(true);
}

bool Connection::close_if_gone() {
  if (is_closed() || !channel_->is_peer_gone()) return false;
  lost("the client went away while it could not be read");
  return true;
}

void Connection::close(bool submit) {
  if (is_closed()) return;
  const auto self = shared_from_this();
  channel_->close();
  channel_.reset();
  place_.reset();
  partial_ = {};
  door_.reserve(0, std::exchange(reserved_, 0));
  session_.disconnected();
  if (submit) hand_over();
  door_.closed(*this);
  if (session_.unreceipted() == 0) door_.settled(*this);
}

}  // namespace tidegate::mqtt_listener
