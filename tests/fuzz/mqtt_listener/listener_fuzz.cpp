#include "listener_fuzz.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/mqtt_listener/server_session.h"
#include "tests/fuzz/require.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::mqtt_listener {

namespace {

using mqtt::Ack;
using mqtt::PacketType;
using mqtt::Version;

constexpr std::size_t kClients = 3;

using test::require;

const ListenerOptions& fuzz_options() {
  static const ListenerOptions made = [] {
    ListenerOptions options;
    options.acl = {{"", *TopicPattern::parse("a/#"), AclRule::Access::allow}};
    options.receive_maximum = 20;
    options.topic_alias_maximum = 4;
    options.max_packet_bytes = 4096;
    options.max_sessions = 2;
    return options;
  }();
  return made;
}

class World {
 public:
  void run(std::string_view steps) {
    while (!steps.empty()) {
      const auto what = static_cast<std::uint8_t>(steps[0]);
      steps.remove_prefix(1);
      step(what >> 4, clients_[(what & 15u) % kClients], (what & 15u) / kClients, steps);
    }
    for (Client& client : clients_) vanish(client);
    commit(Admission::durable);
    for (Client& client : clients_) require(!client.session || client.session->unreceipted() == 0);
  }

 private:
  struct Client {
    std::shared_ptr<ServerSession> session;
    std::string pending;
    bool has_connected = false;
  };
  struct Waiting {
    std::shared_ptr<ServerSession> session;
    Ticket ticket = 0;
    Submission submission;
  };

  void step(unsigned what, Client& client, unsigned choice, std::string_view& steps) {
    switch (what) {
      case 0: return connect(client, choice);
      case 1:
        return commit(choice == 1   ? Admission::refused_full
                      : choice == 2 ? Admission::refused_invalid
                      : choice == 3 ? Admission::stopping
                                    : Admission::durable);
      case 2: return vanish(client);
      case 3: return pass(milliseconds{choice == 0 ? 100 : choice * 40'000});
      case 4: return choice == 0 ? restart() : set_reading(client, choice == 1);
      default: return give(client, take_bytes(steps));
    }
  }

  static std::string_view take_bytes(std::string_view& steps) {
    if (steps.empty()) return {};
    const std::size_t size = static_cast<std::uint8_t>(steps[0]);
    const std::string_view bytes = steps.substr(1, size);
    steps.remove_prefix(std::min(steps.size(), size + 1));
    return bytes;
  }

  void connect(Client& client, unsigned choice) {
    vanish(client);
    mqtt::PropertyWriter properties;
    if ((choice & 1u) != 0) properties.number(mqtt::PropertyId::session_expiry_interval, 100);
    mqtt::Connect hello;
    hello.version = (choice & 2u) != 0 ? Version::v3_1_1 : Version::v5;
    hello.clean_start = choice == 4;
    hello.properties = properties.view();
    hello.client_id = &client == clients_.data() ? "one" : "two";  // the third takes over from the second
    hello.keep_alive_s = 60;
    if (choice == 3) hello.will = mqtt::Will{1, false, {}, "a/will", "gone"};
    std::string wire;
    encode(wire, hello);
    give(client, wire);
  }

  void give(Client& client, std::string_view bytes) {
    if (client.session) check_output(client);
    if (!client.session || client.session->ended()) {
      vanish(client);
      client.session = std::make_shared<ServerSession>(*setup_, ++connections_);
      client.has_connected = false;
    }
    client.pending += bytes;
    for (;;) {
      const std::size_t done = client.session->receive(client.pending);
      require(done <= client.pending.size());
      client.pending.erase(0, done);
      if (client.session->greeting() != nullptr) decide(client);
      hand_over(*client.session, client.session);
      check_output(client);
      if (done == 0) return;
    }
  }

  void decide(Client& client) {
    const std::string id = client.session->greeting()->client_id;
    if (!client.session->accept({id, std::nullopt})) return;
    for (Client& other : clients_) {
      if (&other == &client || !other.session || !other.session->is_open()) continue;
      if (other.session->guest().client_id != id) continue;
      other.session->leave(SessionEnd::Kind::taken_over, mqtt::Reason::session_taken_over, "");
      check_output(other);
      vanish(other);
    }
    client.session->welcome();
  }

  void hand_over(ServerSession& session, const std::shared_ptr<ServerSession>& owner) {
    while (auto next = session.take_submission()) {
      for (const Event& event : next->second.events) require(event.subject == "a" || event.subject.starts_with("a/"));
      waiting_.push_back({owner, next->first, std::move(next->second)});
    }
  }

  void vanish(Client& client) {
    client.pending.clear();
    if (!client.session) return;
    client.session->disconnected();
    hand_over(*client.session, client.session);
    require(client.session->output().empty());
    client.session.reset();
  }

  void commit(Admission admission) {
    for (Waiting& one : std::exchange(waiting_, {})) {
      if (admission == Admission::durable || admission == Admission::refused_full) {
        store(one.submission.state);
        answerable_ += static_cast<std::int64_t>(one.submission.events.size() + one.submission.repeats);
      }
      one.session->settle(one.ticket, admission);
    }
    for (Client& client : clients_)
      if (client.session) give(client, "");
  }

  void store(const std::vector<SourceStateChange>& changes) {
    for (const SourceStateChange& change : changes) {
      if (change.erase)
        state_.erase(change.key);
      else
        state_[change.key] = change.value;
    }
  }

  void pass(milliseconds time) {
    clock_.advance(time);
    Submission submission;
    submission.events = book_->expire(clock_.steady(), submission.state);
    store(submission.state);
    for (Client& client : clients_) {
      if (!client.session) continue;
      client.session->tick();
      check_output(client);
    }
  }

  void set_reading(Client& client, bool reading) {
    if (client.session) client.session->set_reading(reading);
  }

  /// A crash: what was not committed is gone, and so are the connections.
  void restart() {
    for (Client& client : clients_) client = Client{};
    waiting_.clear();
    book_ = std::make_unique<SessionBook>(fuzz_options().max_sessions);
    book_->restore({state_.begin(), state_.end()}, clock_.wall(), clock_.steady());
    setup_ = std::make_unique<SessionSetup>(SessionSetup{fuzz_options(), clock_, *book_});
  }

  /// What leaves is well formed, begins with CONNACK, and says yes only to what was stored.
  void check_output(Client& client) {
    std::string_view rest = client.session->output();
    const std::size_t size = rest.size();
    while (!rest.empty()) {
      mqtt::Frame frame;
      require(mqtt::next_frame(rest, frame) == mqtt::Framing::complete);
      mqtt::Packet packet;
      require(!mqtt::decode(frame, client.session->version(), packet));
      const bool is_connack = std::holds_alternative<mqtt::Connack>(packet);
      require(is_connack != client.has_connected);  // CONNACK comes first, and once [MQTT-3.2.0-1, -2]
      client.has_connected |= is_connack;
      const auto* ack = std::get_if<Ack>(&packet);
      if (ack != nullptr && ack->type != PacketType::pubcomp && !is_refusal(ack->reason)) require(answerable_-- > 0);
      rest.remove_prefix(frame.size);
    }
    client.session->sent(size);
  }
  tidegate::testing::VirtualClock clock_;
  std::map<std::string, std::string> state_;
  std::unique_ptr<SessionBook> book_ = std::make_unique<SessionBook>(fuzz_options().max_sessions);
  std::unique_ptr<SessionSetup> setup_ = std::make_unique<SessionSetup>(SessionSetup{fuzz_options(), clock_, *book_});
  std::array<Client, kClients> clients_;
  std::vector<Waiting> waiting_;
  std::uint64_t connections_ = 0;
  std::int64_t answerable_ = 0;  ///< messages whose commit came and that were not acknowledged yet
};

}  // namespace

void happen(std::string_view steps) { World().run(steps); }

}  // namespace tidegate::mqtt_listener
