#include "connectors/mqtt_listener/listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "connectors/mqtt_listener/limits.h"

namespace tidegate::mqtt_listener {

namespace asio = boost::asio;
using mqtt::Reason;

void QuietLog::warn(const std::string& line) {
  const SteadyTime now = clock_.steady();
  if (now - since_ >= limits::kLogInterval) {
    if (left_out_ > 0) log_.warn("{} more lines about clients were left out", left_out_);
    since_ = now;
    lines_ = 0;
    left_out_ = 0;
  }
  if (++lines_ <= limits::kLogLines)
    log_.warn("{}", line);
  else
    ++left_out_;
}

Listener::Listener(const ConnectorContext& context, ListenerOptions options)
    : context_(context),
      options_(std::move(options)),
      log_("source " + context.name),
      quiet_(log_, *context.clock),
      book_(options_.max_sessions),
      setup_{options_, *context.clock, book_},
      password_rounds_(limits::kPasswordRoundsPerSecond, context.clock->steady()),
      timer_(*context.net),
      connections_open_(context.metrics->gauge("tidegate_mqtt_listener_connections", "Connections that are open.",
                                               {{"source", context.name}})),
      connections_total_(context.metrics->counter("tidegate_mqtt_listener_connections_total", "Clients let in.",
                                                  {{"source", context.name}})),
      turned_away_(context.metrics->counter("tidegate_mqtt_listener_refused_connections_total",
                                            "Connections refused: no place, wrong credentials, no permission.",
                                            {{"source", context.name}})),
      protocol_errors_(context.metrics->counter("tidegate_mqtt_listener_protocol_errors_total",
                                                "Connections ended because the client broke the protocol.",
                                                {{"source", context.name}})),
      not_permitted_(context.metrics->counter("tidegate_mqtt_listener_denied_messages_total",
                                              "Messages not stored because the acl forbids them.",
                                              {{"source", context.name}})),
      over_limit_(context.metrics->counter("tidegate_mqtt_listener_refused_messages_total",
                                           "Messages not stored because they break a limit.",
                                           {{"source", context.name}})),
      subscriptions_(context.metrics->counter("tidegate_mqtt_listener_refused_subscriptions_total",
                                              "Topic filters that clients asked for; this is a door, not a broker.",
                                              {{"source", context.name}})) {}

Status Listener::restore(Intake& intake) {
  intake_ = &intake;
  if (!options_.users_file.empty()) {
    auto users = Users::load(options_.users_file);
    if (!users) return users.error().in("users_file");
    users_ = *std::move(users);
  }
  if (options_.tls) {
    auto tls = make_server_tls(*options_.tls);
    if (!tls) return tls.error().in("tls");
    tls_ = *std::move(tls);
  }
  receipts_ = std::make_shared<Receipts>(*context_.net, weak_from_this());
  book_.restore(intake.source_state(context_.source_id, ""), context_.clock->wall(), context_.clock->steady());
  return {};
}

void Listener::begin() {
  if (stage_ != Stage::idle) return;
  stage_ = Stage::open;
  scratch_.resize(2 * limits::kTurnBytes);
  AcceptorSetup setup{options_.listen, *context_.net, *context_.health, log_.component(), "this source"};
  setup.connections_max = options_.max_connections;
  setup.turned_away = &turned_away_;
  setup.make_room = [weak = weak_from_this()] {
    const auto self = weak.lock();
    return self && self->make_room();
  };
  acceptor_ = Acceptor::create(std::move(setup));
  acceptor_->report_paused(paused_);
  acceptor_->open([weak = weak_from_this()](StreamSocket socket, Acceptor::Place place) {
    if (const auto self = weak.lock()) self->accept(std::move(socket), std::move(place));
  });
  wake_at(book_.next_expiry());
}

void Listener::accept(StreamSocket socket, Acceptor::Place place) {
  if (stage_ != Stage::open) return;
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const std::uint64_t number = next_number_++;
  auto connection = std::make_shared<Connection>(*this, setup_, number,
                                                 std::make_unique<Channel>(std::move(socket), tls_), std::move(place));
  connections_.emplace(number, connection);
  connections_open_.set(static_cast<std::int64_t>(++open_));
  connection->begin();
}

bool Listener::make_room() {
  if (!paused_) return false;
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [number, connection] : connections_) all.push_back(connection);
  std::size_t freed = 0;
  for (const auto& connection : all) freed += connection->close_if_gone() ? 1u : 0u;
  return freed > 0;
}

bool Listener::may_read() const noexcept {
  return stage_ == Stage::open && !paused_ && in_flight_ < options_.in_flight_bytes;
}

void Listener::hold(const std::shared_ptr<Connection>& connection) { held_.push_back(connection); }

bool Listener::reserve(std::size_t bytes, std::size_t before) noexcept {
  if (bytes > before && reserved_ - before + bytes > limits::kAssemblyBytesMax) return false;
  reserved_ = reserved_ - before + bytes;
  return true;
}

void Listener::account(std::size_t before, std::size_t now) noexcept { in_flight_ = in_flight_ - before + now; }

void Listener::submit(Connection& connection, Ticket ticket, Submission submission) {
  admit(connection.number(), ticket, std::move(submission));
}

void Listener::admit(std::uint64_t connection, Ticket ticket, Submission submission) {
  if (stage_ == Stage::closed) return;
  ++unsettled_;
  intake_->admit(context_.source_id, std::move(submission), [box = receipts_, connection, ticket](Admission admission) {
    box->put({connection, ticket, admission});
  });
}

void Listener::collect() {
  receipts_->take(collected_);
  if (stage_ == Stage::closed) return;
  unsettled_ -= collected_.size();
  std::vector<std::shared_ptr<Connection>> touched;
  for (const ReceiptItem& item : collected_) {
    const auto found = connections_.find(item.connection);
    if (found == connections_.end()) continue;
    found->second->session().settle(item.ticket, item.admission);
    touched.push_back(found->second);
  }
  // One write per connection, however many submissions of it the commit held.
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const auto& connection : touched) connection->after_change();
  resume_held();
  if (stage_ == Stage::stopping) goodbye_if_settled();
}

void Listener::resume_held() {
  for (std::size_t n = held_.size(); n > 0 && may_read(); --n) {
    const auto connection = held_.front().lock();
    held_.pop_front();
    if (connection) connection->release();
  }
}

void Listener::set_paused(bool paused) {
  if (paused_ == paused || stage_ == Stage::stopping || stage_ == Stage::closed) return;
  paused_ = paused;
  if (!acceptor_) return;
  acceptor_->report_paused(paused);
  resume_held();
}

void Listener::count(const ServerSession::Refusals& refusals, const Connection& connection) {
  if (refusals.not_permitted + refusals.over_limit + refusals.subscriptions == 0) return;
  not_permitted_.add(refusals.not_permitted);
  over_limit_.add(refusals.over_limit);
  subscriptions_.add(refusals.subscriptions);
  const std::string& client = connection.session().guest().client_id;
  if (refusals.not_permitted > 0)
    quiet_.warn(fmt::format("client \"{}\": messages refused ({}): the acl does not let it publish to their topics",
                            client, refusals.not_permitted));
  if (refusals.over_limit > 0)
    quiet_.warn(fmt::format("client \"{}\": messages refused ({}): they break a limit", client, refusals.over_limit));
  if (refusals.subscriptions > 0)
    quiet_.warn(
        fmt::format("client \"{}\" wants to subscribe; this source only takes messages. Where devices talk to "
                    "each other, put a broker such as mosquitto in front, and let it forward to this source",
                    client));
}

void Listener::closed(Connection& connection) {
  connections_open_.set(static_cast<std::int64_t>(--open_));
  report_end(connection);
  wake_at(book_.next_expiry());
  if (stage_ == Stage::stopping && said_goodbye_ && open_ == 0)
    asio::post(*context_.net, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->close_all();
    });
}

void Listener::settled(const Connection& connection) { connections_.erase(connection.number()); }

void Listener::report_end(const Connection& connection) {
  const auto& end = connection.session().ended();
  const std::string& client = connection.session().guest().client_id;
  if (!end) {
    if (!client.empty() || connection.lost_because().starts_with("TLS"))
      log_.debug("client \"{}\": connection lost: {}", client, connection.lost_because());
    return;
  }
  using Kind = SessionEnd::Kind;
  if (end->kind == Kind::goodbye || end->kind == Kind::stopping)
    return log_.debug("client \"{}\": {}", client, end->why);
  if (end->kind == Kind::protocol_error) protocol_errors_.add();
  if (end->kind == Kind::refused) turned_away_.add();
  quiet_.warn(end->kind == Kind::refused ? fmt::format("client \"{}\" refused: {}", client, end->why)
                                         : fmt::format("client \"{}\" disconnected: {}", client, end->why));
}

void Listener::wake_at(SteadyTime at) {
  if (at >= armed_for_ || stage_ == Stage::closed) return;
  const SteadyTime target = std::max(at, context_.clock->steady() + limits::kSweepStep);
  if (target < armed_for_) arm(target);
}

void Listener::arm(SteadyTime at) {
  armed_for_ = at;
  timer_.expires_after(std::max(at - context_.clock->steady(), SteadyTime::duration::zero()));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void Listener::on_timer() {
  if (stage_ == Stage::closed) return;
  const SteadyTime now = context_.clock->steady();
  armed_for_ = SteadyTime::max();
  if (now >= stop_by_) {
    if (said_goodbye_) return close_all();
    say_goodbye();
    if (stage_ == Stage::closed) return;
  }
  decide_waiting();
  SteadyTime next = sweep(now);
  if (now >= book_.next_expiry()) expire_sessions(now);
  next = std::min({next, book_.next_expiry(), stop_by_});
  if (!undecided_.empty()) next = now;
  wake_at(next);
}

SteadyTime Listener::sweep(SteadyTime now) {
  // What ends in it leaves connections_, so it is looked at in a copy.
  std::vector<std::shared_ptr<Connection>> due;
  for (const auto& [number, connection] : connections_)
    if (now >= connection->next_time()) due.push_back(connection);
  for (const auto& connection : due) connection->on_time(now);
  SteadyTime next = SteadyTime::max();
  for (const auto& [number, connection] : connections_) next = std::min(next, connection->next_time());
  return next;
}

void Listener::expire_sessions(SteadyTime now) {
  Submission submission;
  submission.events = book_.expire(now, submission.state);
  if (!submission.events.empty() || !submission.state.empty()) admit(0, 0, std::move(submission));
}

void Listener::end(std::function<void()> done) {
  stopped_ = std::move(done);
  if (stage_ != Stage::open) return close_all();
  stage_ = Stage::stopping;
  acceptor_->close();
  // Their devices went before the gateway did.
  Submission wills;
  wills.events = book_.take_wills();
  if (!wills.events.empty()) admit(0, 0, std::move(wills));
  stop_by_ = context_.clock->steady() + limits::kStopReceipts;
  arm(stop_by_);
  goodbye_if_settled();
}

void Listener::goodbye_if_settled() {
  if (unsettled_ == 0 && !said_goodbye_) say_goodbye();
}

void Listener::say_goodbye() {
  said_goodbye_ = true;
  stop_by_ = context_.clock->steady() + limits::kStopGoodbye;
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [number, connection] : connections_) all.push_back(connection);
  for (const auto& connection : all)
    connection->leave(SessionEnd::Kind::stopping, Reason::server_shutting_down, "the gateway stops");
  if (open_ == 0) return close_all();
  arm(stop_by_);
}

void Listener::close_all() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  timer_.cancel();
  if (acceptor_) acceptor_->close();
  const auto all = std::exchange(connections_, {});
  for (const auto& [number, connection] : all) connection->close(false);
  receipts_->close();
  if (auto done = std::exchange(stopped_, nullptr)) done();
}

}  // namespace tidegate::mqtt_listener
