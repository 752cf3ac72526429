#include <fmt/format.h>

#include <utility>

#include "connectors/mqtt_listener/limits.h"
#include "connectors/mqtt_listener/listener.h"

/// Who may come in: the part of the listener that answers greetings.
namespace tidegate::mqtt_listener {

using mqtt::Reason;

void Listener::decide(Connection& connection) {
  Guest guest;
  switch (identify(connection, guest)) {
    case Verdict::refused: return;
    case Verdict::later: undecided_.push_back(connection.weak_from_this()); return wake_at(context_.clock->steady());
    case Verdict::admitted: break;
  }
  if (!choose_client_id(connection, guest)) return;
  if (!connection.session().accept(std::move(guest))) return;
  take_over(connection.session().guest().client_id);
  connection.session().welcome();
  if (!connection.session().is_open()) return;
  connections_total_.add();
  log_.debug("client \"{}\" connected ({})", connection.session().guest().client_id,
             name_of(connection.session().version()));
}

void Listener::decide_waiting() {
  for (std::size_t n = undecided_.size(); n > 0; --n) {
    const auto connection = undecided_.front().lock();
    undecided_.pop_front();
    if (!connection || connection->is_closed() || connection->session().greeting() == nullptr) continue;
    decide(*connection);
    connection->after_change();
  }
}

Listener::Verdict Listener::identify(Connection& connection, Guest& guest) {
  ServerSession& session = connection.session();
  const Greeting& greeting = *session.greeting();
  const auto refuse = [&](Reason reason, std::string_view why) {
    session.turn_away(reason, why);
    return Verdict::refused;
  };
  if (greeting.wants_enhanced_authentication)
    return refuse(Reason::bad_authentication_method, "enhanced authentication is not offered");
  const auto certificate = connection.channel()->identity();
  if (options_.use_subject_as_user && certificate) {
    if (certificate->common_name.empty() || certificate->common_name.size() > limits::kNameBytesMax)
      return refuse(Reason::not_authorized, "its certificate has no common name that could be a user");
    guest.user = certificate->common_name;
    return Verdict::admitted;
  }
  if (users_ && greeting.user) return check_password(connection, guest);
  // A user name that nobody checks says nothing, and is not kept.
  const bool showed_certificate = !users_ && certificate.has_value();
  if (options_.allow_anonymous || showed_certificate) return Verdict::admitted;
  return refuse(Reason::not_authorized, users_ ? "it gives no user name" : "it shows no certificate");
}

Listener::Verdict Listener::check_password(Connection& connection, Guest& guest) {
  const Greeting& greeting = *connection.session().greeting();
  const std::uint32_t rounds = users_->cost(*greeting.user, greeting.password);
  const SteadyTime now = context_.clock->steady();
  if (rounds > 1 && password_rounds_.available(now) < rounds) return Verdict::later;
  password_rounds_.take(rounds);
  if (greeting.user->size() <= limits::kNameBytesMax && users_->verify(*greeting.user, greeting.password)) {
    guest.user = *greeting.user;
    return Verdict::admitted;
  }
  connection.session().turn_away(Reason::bad_user_name_or_password, "wrong user name or password");
  return Verdict::refused;
}

bool Listener::choose_client_id(Connection& connection, Guest& guest) {
  const Greeting& greeting = *connection.session().greeting();
  guest.client_id = greeting.client_id;
  if (guest.client_id.size() > limits::kNameBytesMax) {
    connection.session().turn_away(Reason::client_identifier_not_valid, "its client id is longer than 1024 bytes");
    return false;
  }
  if (!guest.client_id.empty()) return true;
  if (greeting.version == mqtt::Version::v3_1_1 && !greeting.clean_start) {  // [MQTT-3.1.3-8] of 3.1.1
    connection.session().turn_away(Reason::client_identifier_not_valid,
                                   "it wants a session that is kept, and gives no client id");
    return false;
  }
  do guest.client_id = fmt::format("tidegate-{:016x}", context_.random->next());
  while (book_.find(guest.client_id));
  return true;
}

void Listener::take_over(const std::string& client_id) {
  const auto session = book_.find(client_id);
  if (!session || session->connection == 0) return;
  const auto found = connections_.find(session->connection);
  if (found == connections_.end()) return;
  const auto previous = found->second;
  previous->leave(SessionEnd::Kind::taken_over, Reason::session_taken_over,
                  "another connection has the same client id; give each client one of its own");
  previous->close(true);
}

}  // namespace tidegate::mqtt_listener
