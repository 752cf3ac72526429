#include "connectors/mqtt/subscriber.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "connectors/mqtt/limits.h"

namespace tidegate::mqtt {

namespace asio = boost::asio;

Subscriber::Subscriber(const ConnectorContext& context, SourceOptions options)
    : context_(context),
      options_(std::move(options)),
      log_("source " + context.name),
      session_(options_, options_.client_id.empty() ? context.gateway_id : options_.client_id, *context.clock),
      timer_(*context.net),
      connections_(context.metrics->counter("tidegate_mqtt_connections_total", "Connections the broker accepted.",
                                            {{"source", context.name}})),
      protocol_errors_(context.metrics->counter("tidegate_mqtt_protocol_errors_total",
                                                "Connections ended because the broker broke the protocol.",
                                                {{"source", context.name}})),
      refused_messages_(context.metrics->counter("tidegate_mqtt_refused_messages_total",
                                                 "Messages not stored because they break a limit of events.",
                                                 {{"source", context.name}})) {}

Status Subscriber::restore(Intake& intake) {
  intake_ = &intake;
  receipts_ = std::make_shared<Receipts>(*context_.net, weak_from_this());
  session_.restore(intake.source_state(context_.source_id, ""));
  return {};
}

void Subscriber::begin() {
  if (stage_ == Stage::idle) connect();
}

Version Subscriber::version_to_try() const noexcept {
  if (options_.version == VersionChoice::v5) return Version::v5;
  if (options_.version == VersionChoice::v3_1_1) return Version::v3_1_1;
  return broker_is_old_ || try_old_once_ ? Version::v3_1_1 : Version::v5;
}

void Subscriber::connect() {
  stage_ = Stage::connecting;
  buffer_.clear();
  is_reading_ = is_writing_ = held_back_ = false;
  link_ = make_link(*context_.net, options_.broker, options_.tls);
  arm(context_.clock->steady() + options_.connect_timeout);
  link_->open([weak = weak_from_this()](const Status& status) {
    if (const auto self = weak.lock()) self->opened(status);
  });
}

void Subscriber::opened(const Status& status) {
  if (!status) return lost(status.error().message, HealthState::waiting);
  stage_ = Stage::online;
  reported_ = Session::Phase::connecting;
  session_.connected(version_to_try());
  try_old_once_ = false;
  armed_for_ = SteadyTime::max();
  flush();
  read();
}

bool Subscriber::may_read() const noexcept {
  return stage_ == Stage::online && !paused_ && !session_.ended() &&
         session_.unreceipted_bytes() < limits::kUnreceiptedBytesMax &&
         session_.output_bytes() < limits::kOutputBytesMax;
}

void Subscriber::read() {
  const bool may = may_read();
  session_.set_reading(may || is_reading_);
  watch_session();
  if (is_reading_ || !may) return;
  if (std::exchange(held_back_, false)) return process();
  is_reading_ = true;
  link_->read(buffer_.space(session_.packet_size()), [weak = weak_from_this()](const Result<std::size_t>& size) {
    if (const auto self = weak.lock()) self->received(size);
  });
}

void Subscriber::received(const Result<std::size_t>& size) {
  is_reading_ = false;
  // Once stop() is under way nothing new is taken; only the end of the connection matters.
  if (stage_ == Stage::stopping && !size) return close_all();
  if (stage_ != Stage::online) return;
  if (!size) {
    const bool on_connect = session_.phase() == Session::Phase::connecting;
    if (on_connect && falls_back(false)) return;
    return lost(size.error().message, HealthState::waiting);
  }
  buffer_.commit(*size);
  // A pause may have come while the read was under way.
  held_back_ = !may_read();
  // read() tells the session, too, that nobody reads now: the answer to a ping may be in what is held back.
  if (held_back_) return read();
  process();
}

void Subscriber::process() {
  for (;;) {
    const std::size_t done = session_.receive(buffer_.data());
    buffer_.consume(done);
    submit();
    if (done == 0) break;
  }
  report_phase();
  if (session_.refused_messages() != reported_refused_) report_refused();
  flush();
  finish_if_ended();
  if (stage_ == Stage::online) read();
}

void Subscriber::submit() {
  while (auto submission = session_.take_submission()) {
    const Ticket ticket = submission->first;
    intake_->admit(context_.source_id, std::move(submission->second), [box = receipts_, ticket](Admission admission) {
      box->put({ticket, admission});
    });
  }
}

void Subscriber::collect() {
  receipts_->take(collected_);
  if (stage_ == Stage::closed) return;
  for (const auto& [ticket, admission] : collected_) session_.settle(ticket, admission);
  // A release that was refused together with events goes out again by itself.
  if (stage_ != Stage::stopping) submit();
  if (session_.refused_messages() != reported_refused_) report_refused();
  if (!link_) return;
  flush();
  if (stage_ == Stage::stopping) return goodbye_if_settled();
  finish_if_ended();
  if (stage_ == Stage::online) read();
}

void Subscriber::flush() {
  if (is_writing_ || !session_.take_output(writing_)) return;
  is_writing_ = true;
  link_->write(writing_, [weak = weak_from_this()](const Status& status) {
    if (const auto self = weak.lock()) self->written(status);
  });
}

void Subscriber::written(const Status& status) {
  is_writing_ = false;
  writing_.clear();
  if (!status) {
    // What the broker said before it closed tells more than the failed write; the read brings it.
    if (is_reading_ && stage_ == Stage::online) return;
    if (stage_ == Stage::stopping) return close_all();
    return lost(status.error().message, HealthState::waiting);
  }
  flush();
  if (stage_ == Stage::stopping) return goodbye_if_settled();
  finish_if_ended();
  if (stage_ == Stage::online) read();
}

void Subscriber::finish_if_ended() {
  if (stage_ != Stage::online || !session_.ended()) return;
  // The broker is told why first, if it listens.
  if (is_writing_) return arm(context_.clock->steady() + limits::kStopGoodbye);
  const SessionEnd end = *session_.ended();
  using Kind = SessionEnd::Kind;
  if (end.kind == Kind::old_broker && falls_back(true)) return;
  if (end.kind == Kind::protocol_error) protocol_errors_.add();
  std::string why = end.why;
  if (end.reason == Reason::session_taken_over) why += "; give each client of this broker a client_id of its own";
  // A refusal will not mend by itself; a broker that goes away comes back.
  const bool by_hand =
      (end.kind == Kind::refused && end.reason != Reason::server_unavailable && end.reason != Reason::server_busy) ||
      end.kind == Kind::old_broker || end.reason == Reason::session_taken_over;
  lost(why, by_hand ? HealthState::alarm : HealthState::waiting);
}

bool Subscriber::falls_back(bool told_so) {
  if (options_.version != VersionChoice::automatic || session_.version() != Version::v5) {
    broker_is_old_ = false;
    return false;
  }
  broker_is_old_ = told_so;
  try_old_once_ = true;
  log_.info("{} does not take MQTT 5, trying MQTT 3.1.1", options_.broker.text());
  connection_ended();
  connect();
  return true;
}

void Subscriber::connection_ended() {
  session_.disconnected();
  if (link_) link_->close();
  link_.reset();
  is_reading_ = is_writing_ = false;
  writing_.clear();
}

void Subscriber::lost(const std::string& why, HealthState state) {
  const bool was_settled =
      accepted_at_ != SteadyTime{} && context_.clock->steady() - accepted_at_ >= limits::kSettledAfter;
  accepted_at_ = SteadyTime{};
  if (was_settled) attempts_ = 0;
  connection_ended();
  wait_and_retry(why, state);
}

void Subscriber::wait_and_retry(const std::string& why, HealthState state) {
  stage_ = Stage::waiting;
  // Full jitter: many gateways that lost one broker must not come back in step.
  const auto initial = static_cast<std::uint64_t>(options_.reconnect.initial.count());
  const auto max = static_cast<std::uint64_t>(options_.reconnect.max.count());
  const std::uint64_t bound = std::min(max, initial << std::min(attempts_, 32u));
  ++attempts_;
  const milliseconds wait{context_.random->below(bound + 1)};
  const std::string text = fmt::format("{}: {}", options_.broker.text(), why);
  // A broker that is away for a day says so once; the state on the health board says the rest.
  if (text == last_trouble_)
    log_.debug("{}; next attempt in {} ms", text, wait.count());
  else
    log_.warn("{}; next attempt in {} ms", text, wait.count());
  last_trouble_ = text;
  context_.health->post(log_.component(), state, text);
  arm(context_.clock->steady() + wait);
}

void Subscriber::report_phase() {
  if (session_.phase() == reported_) return;
  reported_ = session_.phase();
  if (reported_ != Session::Phase::open && reported_ != Session::Phase::subscribing) return;
  if (accepted_at_ == SteadyTime{}) {
    accepted_at_ = context_.clock->steady();
    last_trouble_.clear();
    connections_.add();
    log_.info("connected to {} ({}, {})", options_.broker.text(), name_of(session_.version()),
              session_.session_present() ? "session resumed" : "new session");
    if (session_.version() == Version::v5 && session_.session_expiry() < options_.session_expiry)
      log_.warn("the broker keeps the session for {} s only, {} s were asked for", session_.session_expiry().count(),
                options_.session_expiry.count());
  }
  if (reported_ != Session::Phase::open) return;
  std::string refused;
  for (const RefusedSubscription& r : session_.refused_subscriptions()) {
    log_.error("subscription to \"{}\" refused: {}", r.topic, name_of(r.reason));
    refused += fmt::format("{}\"{}\" ({})", refused.empty() ? "" : ", ", r.topic, name_of(r.reason));
  }
  if (refused.empty())
    context_.health->post(log_.component(), paused_ ? HealthState::paused : HealthState::ok,
                          fmt::format("connected to {} ({})", options_.broker.text(), name_of(session_.version())));
  else
    context_.health->post(log_.component(), HealthState::alarm, "the broker refuses subscriptions: " + refused);
}

void Subscriber::report_refused() {
  constexpr std::chrono::seconds kLogInterval{10};
  refused_messages_.add(session_.refused_messages() - reported_refused_);
  reported_refused_ = session_.refused_messages();
  const SteadyTime now = context_.clock->steady();
  if (refused_logged_at_ != SteadyTime{} && now - refused_logged_at_ < kLogInterval) return;
  refused_logged_at_ = now;
  log_.error("message refused: {} (refused since the start: {})", session_.refused_because(), reported_refused_);
}

void Subscriber::set_paused(bool paused) {
  if (paused_ == paused || stage_ == Stage::stopping || stage_ == Stage::closed) return;
  paused_ = paused;
  if (stage_ != Stage::online) return;
  if (session_.phase() == Session::Phase::open && session_.refused_subscriptions().empty())
    context_.health->post(
        log_.component(), paused ? HealthState::paused : HealthState::ok,
        paused ? "the spool is at its high-water mark; messages wait at the broker"
               : fmt::format("connected to {} ({})", options_.broker.text(), name_of(session_.version())));
  read();
}

void Subscriber::arm(SteadyTime at) {
  armed_for_ = at;
  if (at == SteadyTime::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(at - context_.clock->steady(), SteadyTime::duration::zero()));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& e) {
    if (e) return;
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void Subscriber::watch_session() {
  // Later deadlines are found when the timer fires: setting it anew for each read would cost more than the read.
  if (stage_ == Stage::online && session_.next_tick() < armed_for_) arm(session_.next_tick());
}

void Subscriber::on_timer() {
  if (context_.clock->steady() < armed_for_) return arm(armed_for_);
  armed_for_ = SteadyTime::max();
  switch (stage_) {
    case Stage::connecting: return lost("no connection in time", HealthState::waiting);
    case Stage::waiting: return connect();
    case Stage::online:
      if (session_.ended()) is_writing_ = false;  // it does not listen
      session_.tick();
      flush();
      finish_if_ended();
      return watch_session();
    case Stage::stopping:
      if (said_goodbye_) return close_all();
      said_goodbye_ = true;
      session_.say_goodbye();
      flush();
      return arm(context_.clock->steady() + limits::kStopGoodbye);
    case Stage::idle:
    case Stage::closed: return;
  }
}

void Subscriber::end(std::function<void()> done) {
  stopped_ = std::move(done);
  if (stage_ != Stage::online || session_.ended()) return close_all();
  stage_ = Stage::stopping;
  arm(context_.clock->steady() + limits::kStopReceipts);
  goodbye_if_settled();
}

void Subscriber::goodbye_if_settled() {
  if (session_.unreceipted() > 0 && !said_goodbye_) return;
  if (!said_goodbye_) {
    said_goodbye_ = true;
    session_.say_goodbye();
    flush();
    arm(context_.clock->steady() + limits::kStopGoodbye);
  }
  if (!is_writing_ && session_.output_bytes() == 0) close_all();
}

void Subscriber::close_all() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  arm(SteadyTime::max());
  connection_ended();
  receipts_->close();
  if (auto done = std::exchange(stopped_, nullptr)) done();
}

}  // namespace tidegate::mqtt
