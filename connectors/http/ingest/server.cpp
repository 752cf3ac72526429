#include "connectors/http/ingest/server.h"

#include <boost/asio/post.hpp>

#include "connectors/http/ingest/connection.h"
#include "connectors/http/ingest/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::ingest {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A line about refused clients is logged at most this often.
constexpr auto kComplaintInterval = 60s;

Refusal come_later(std::string error) { return {503, std::move(error), std::nullopt}; }

Counter& answers(const ConnectorContext& context, const char* code) {
  return context.metrics->counter("tidegate_http_requests_total", "Requests that the http source answered, by class.",
                                  {{"source", context.name}, {"code", code}});
}

}  // namespace

Server::Server(const ConnectorContext& context, SourceOptions options, Gatekeeper gatekeeper,
               std::shared_ptr<asio::ssl::context> tls)
    : context_(context),
      options_(std::move(options)),
      default_topic_(options_.topic.empty() ? "http/" + context.name : options_.topic),
      gatekeeper_(std::move(gatekeeper)),
      tls_(std::move(tls)),
      log_("source " + context.name),
      ids_(*context.random),
      repeats_(options_.deduplicate.window, options_.deduplicate.max_ids),
      tick_(*context.net),
      turned_away_(context.metrics->counter("tidegate_http_connections_turned_away_total",
                                            "Connections closed because max_connections were open.",
                                            {{"source", context.name}})),
      good_(answers(context, "2xx")),
      client_errors_(answers(context, "4xx")),
      server_errors_(answers(context, "5xx")) {}

Status Server::restore(Intake& intake) {
  intake_ = &intake;
  if (repeats_.enabled())
    repeats_.restore(intake.source_state(context_.source_id, Repeats::kStatePrefix), *context_.random);
  return {};
}

void Server::begin() {
  if (is_stopping()) return;
  receipts_ = std::make_shared<Receipts>(*context_.net, weak_from_this());
  acceptor_ = Acceptor::create({.listen = options_.listen,
                                .net = *context_.net,
                                .health = *context_.health,
                                .component = "source " + context_.name,
                                .gone_without = "this source",
                                .connections_max = options_.max_connections,
                                .make_room =
                                    [weak = weak_from_this()] {
                                      const auto self = weak.lock();
                                      return self && self->make_room();
                                    },
                                .turned_away = &turned_away_});
  acceptor_->report_paused(paused_);
  acceptor_->open([weak = weak_from_this()](StreamSocket socket, Acceptor::Place place) {
    if (const auto self = weak.lock()) self->accept(std::move(socket), std::move(place));
  });
  arm();
}

void Server::set_paused(bool paused) {
  paused_ = paused;
  if (acceptor_) acceptor_->report_paused(paused);
}

void Server::accept(StreamSocket socket, Acceptor::Place place) {
  auto connection = std::make_shared<Connection>(std::move(socket), std::move(place), tls_.get(), weak_from_this());
  connections_.insert(connection);
  connection->begin();
}

bool Server::make_room() {
  std::shared_ptr<Connection> oldest;
  for (const auto& connection : connections_) {
    if (connection->is_idle() && (!oldest || connection->idle_since() < oldest->idle_since())) oldest = connection;
  }
  if (!oldest) return false;
  oldest->close();
  oldest.reset();
  return true;
}

void Server::arm() {
  // Closer together while stop() waits.
  tick_.expires_after(is_stopping() ? limits::kIngestTick / 10 : limits::kIngestTick);
  tick_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self) self->tick();
  });
}

void Server::tick() {
  const SteadyTime now = clock().steady();
  // A connection that closes leaves the set.
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->check_deadline(now);
  if (is_stopping() && (connections_.empty() || now >= stop_by_)) return close_all();
  arm();
}

std::variant<Call, Refusal> Server::admit_head(const RequestHead& head, std::optional<std::uint64_t> announced) {
  const auto proof = gatekeeper_.check_head(head, clock().wall());
  if (const auto* refused = std::get_if<Refusal>(&proof)) return *refused;
  auto call = understand(head);
  if (std::holds_alternative<Refusal>(call)) return call;
  if (paused_ || is_stopping()) return come_later("the gateway takes no events for now");
  if (*in_flight_ + announced.value_or(0) > options_.max_in_flight)
    return come_later("too many bytes wait for their acknowledgement");
  return call;
}

void Server::name_events(const RequestHead& head, bool signed_request, std::vector<Event>& events) {
  const WallTime now = clock().wall();
  for (std::size_t i = 0; i < events.size(); ++i) {
    Event& event = events[i];
    if (event.time == WallTime{}) event.time = now;
    if (!event.id.empty()) continue;
    if (!signed_request)
      event.id = ids_.mint(now);
    else
      event.id = events.size() == 1 ? *head.webhook_id : *head.webhook_id + "/" + std::to_string(i);
  }
}

void Server::submit(const std::shared_ptr<Connection>& from, const Call& call, const RequestHead& head,
                    std::string body, Hold hold) {
  const auto proof = gatekeeper_.check_head(head, clock().wall());
  if (const auto* refused = std::get_if<Refusal>(&proof)) return from->refuse(*refused);
  const bool signed_request = std::get<Gatekeeper::Proof>(proof) == Gatekeeper::Proof::in_signature;
  if (signed_request) {
    if (auto refused = gatekeeper_.check_signature(head, body)) return from->refuse(*refused);
  }
  if (paused_ || is_stopping()) return from->refuse(come_later("the gateway takes no events for now"));

  Submission submission;
  const std::size_t body_bytes = body.size();
  if (auto refused = read_events(call, head, body, default_topic_, options_.max_events, submission.events))
    return from->refuse(*refused);
  const bool from_producer = signed_request || call.form == Form::cloud_event || call.form == Form::cloud_event_batch ||
                             call.form == Form::cloud_event_headers;
  name_events(head, signed_request, submission.events);
  if (!hold.set(body_bytes + submission.events.size() * limits::kIngestEventBytes))
    return from->refuse(come_later("too many bytes wait for their acknowledgement"));

  Pending pending{from, ids_json(submission.events), std::move(hold), std::nullopt};
  if (from_producer && repeats_.enabled()) pending.sifted = repeats_.sift(submission, clock().wall());
  const Ticket ticket = ++last_ticket_;
  pending_.emplace(ticket, std::move(pending));
  intake_->admit(context_.source_id, std::move(submission), [box = receipts_, ticket](Admission admission) {
    box->put({ticket, admission});
  });
}

void Server::collect() {
  receipts_->take(collected_);
  for (const auto& [ticket, admission] : collected_) {
    auto found = pending_.extract(ticket);
    if (!found.empty()) answer(std::move(found.mapped()), admission);
  }
  collected_.clear();
}

void Server::answer(Pending pending, Admission admission) {
  const bool taken = admission == Admission::durable || admission == Admission::refused_full;
  const bool stored = pending.sifted ? repeats_.settled(*pending.sifted, taken) : taken;
  pending.hold.release();
  const auto from = pending.from.lock();
  if (!from) return;
  if (admission == Admission::refused_invalid)
    return from->refuse({400, "an event is larger than an event may be", std::nullopt});
  if (!stored) return from->refuse(come_later("the gateway stopped before the events were stored"));
  from->accept(pending.ids);
}

void Server::count_answer(int status, std::string_view error) {
  (status < 300 ? good_ : status < 500 ? client_errors_ : server_errors_).add();
  if (status < 400 || status == 503) return;
  ++complaints_;
  const SteadyTime now = clock().steady();
  if (complained_at_ != SteadyTime{} && now - complained_at_ < kComplaintInterval) return;
  log_.warn("refused {} request(s); the latest with {}: {}", std::exchange(complaints_, 0), status, error);
  complained_at_ = now;
}

void Server::forget(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  if (is_stopping() && connections_.empty()) close_all();
}

void Server::end(std::function<void()> done) {
  if (is_stopping()) return done();
  stopped_ = std::move(done);
  stop_by_ = clock().steady() + limits::kIngestStopTime;
  if (acceptor_) acceptor_->close();
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->wind_up();
  if (connections_.empty()) return close_all();
  arm();
}

void Server::close_all() {
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->close();
  pending_.clear();
  if (receipts_) receipts_->close();
  tick_.cancel();
  intake_ = nullptr;
  if (auto done = std::exchange(stopped_, [] {})) done();
}

std::string ids_json(const std::vector<Event>& events) {
  std::string out = "{\"ids\":[";
  std::size_t bytes = out.size() + 3;
  for (const Event& event : events) bytes += event.id.size() + 3;
  out.reserve(bytes);
  for (const Event& event : events) {
    if (out.back() != '[') out += ',';
    append_json_string(event.id, out);
  }
  out += "]}\n";
  return out;
}

}  // namespace tidegate::ingest
