#include "connectors/mqtt_listener/options.h"

#include "connectors/mqtt_listener/mqtt_listener.h"
#include "connectors/mqtt_listener/users.h"
#include "gateway/config/option_table.h"

namespace tidegate {
namespace mqtt_listener {

namespace {

using namespace std::chrono_literals;

const OptionTableOf<AclRule>& acl_table() {
  static const auto table =
      OptionTableOf<AclRule>("Who may publish what. The first rule that fits decides; where none fits, no.")
          .option("user", &AclRule::user, "The user it is about.")
          .default_text("everyone")
          .required_parsed("topic", &AclRule::topic, TopicPattern::parse, "sensors/%c/#",
                           "Topic filter; `%u` stands for the user, `%c` for the client id.")
          .choice("access", &AclRule::access,
                  {{"allow", AclRule::Access::allow, "It may."}, {"deny", AclRule::Access::deny, "It may not."}},
                  "What the rule says.")
          .shorthand("topic");
  return table;
}

std::optional<OptionFault> check_identity(const ListenerOptions& o) {
  const bool certificates = o.tls && !o.tls->client_ca_file.empty();
  if (o.use_subject_as_user && !certificates)
    return OptionFault{"use_subject_as_user", "needs tls.client_ca_file, which says whose certificates count"};
  const bool all_show_certificates = certificates && o.tls->require_client_certificate;
  const bool known = !o.users_file.empty() || all_show_certificates;
  if (!known && !o.allow_anonymous)
    return OptionFault{"allow_anonymous",
                       "is false and nothing says who may connect; give users_file or tls.client_ca_file, or write "
                       "allow_anonymous: true"};
  if (o.allow_anonymous && !o.listen.is_local() && !o.allow_anonymous_remote && !all_show_certificates)
    return OptionFault{"allow_anonymous", "lets everybody who reaches " + o.listen.text() +
                                              " publish; listen on 127.0.0.1, give users_file instead, or write "
                                              "allow_anonymous_remote: true"};
  return std::nullopt;
}

std::optional<OptionFault> check_listener(const ListenerOptions& o) {
  if (o.listen.unix_socket) return OptionFault{"listen", "must be HOST:PORT: MQTT clients connect by TCP"};
  if (auto fault = check_identity(o)) return fault;
  if (o.users_file.empty()) return std::nullopt;
  if (const auto users = Users::load(o.users_file); !users) return OptionFault{"users_file", users.error().message};
  return std::nullopt;
}

const OptionTableOf<ListenerOptions>& listener_table() {
  static const auto table =
      OptionTableOf<ListenerOptions>("Takes MQTT 5 and 3.1.1 clients that publish. A door, not a broker.")
          .parsed("listen", &ListenerOptions::listen, ListenAddress::parse, "HOST:PORT",
                  "Where clients connect: an address of this machine; 0.0.0.0 and [::] are all of them.")
          .option("allow_anonymous", &ListenerOptions::allow_anonymous, "Let clients in that give no user name.")
          .option("allow_anonymous_remote", &ListenerOptions::allow_anonymous_remote,
                  "With `allow_anonymous`: also from other machines.")
          .file("users_file", &ListenerOptions::users_file,
                "Users and their passwords, as mosquitto_passwd writes them.")
          .list("acl", &ListenerOptions::acl, acl_table(), "Who may publish what; left out: everyone everything.")
          .section("tls", &ListenerOptions::tls, server_tls_table(), "TLS; left out: none.")
          .option("use_subject_as_user", &ListenerOptions::use_subject_as_user,
                  "The common name (CN) of the client's certificate is its user; a user name it gives is ignored.")
          .option("max_connections", &ListenerOptions::max_connections, "Clients at once; one more is closed.",
                  between(1, 100'000))
          .bytes("max_packet_bytes", &ListenerOptions::max_packet_bytes,
                 "Largest packet taken; a client that sends a larger one is disconnected.",
                 between(1024, limits::kPacketBytesMax))
          .bytes("in_flight_bytes", &ListenerOptions::in_flight_bytes,
                 "Memory for messages that wait for their commit, of all clients together; past it no client is read.",
                 between(64 << 10, 1 << 30))
          .option("receive_maximum", &ListenerOptions::receive_maximum,
                  "Messages at QoS 1 and 2 a client may have open (MQTT 5).", between(1, 65535))
          .option("topic_alias_maximum", &ListenerOptions::topic_alias_maximum,
                  "Topics a client may shorten to a number (MQTT 5).", between(0, 1024))
          .option("rate_limit", &ListenerOptions::rate_limit,
                  "Messages per second and client; 0: no limit. Who sends faster is read more slowly.",
                  between(0, 1'000'000))
          .option("connect_timeout", &ListenerOptions::connect_timeout,
                  "Time from the connection to the whole CONNECT, TLS included.", between(100ms, 10min))
          .option("keep_alive_max", &ListenerOptions::keep_alive_max,
                  "Longest keep alive; MQTT 5 clients that ask for more, or none, are told this.", between(1s, 65535s))
          .option("session_expiry_max", &ListenerOptions::session_expiry_max,
                  "Longest time that the session of a client that left is kept.", between(1s, 365 * 24h))
          .option("max_sessions", &ListenerOptions::max_sessions,
                  "Sessions kept on disk; a client that wants one more is refused.", between(1, 1'000'000))
          .check(check_listener);
  return table;
}

}  // namespace
}  // namespace mqtt_listener

const OptionTable* mqtt_listener_options() { return &mqtt_listener::listener_table(); }

}  // namespace tidegate
