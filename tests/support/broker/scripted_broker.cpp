#include "tests/support/broker/scripted_broker.h"

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "gateway/base/mutex.h"
#include "tests/support/broker/broker_session.h"

namespace tidegate::test {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr milliseconds kLoadTick{2};
constexpr std::size_t kSeenMax = 200'000;  ///< packets remembered; a load of hours must not fill the memory

/// The socket of one connection, TLS or not. Handlers hold it, so that it outlives what is under way.
struct Wire {
  explicit Wire(asio::io_context& io) : socket(io) {}
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  std::array<char, 64u << 10> read_into{};
  std::string unread;
  std::string writing;
  bool is_writing = false;
  std::uint32_t number = 0;
};

}  // namespace

class ScriptedBroker::Core {
 public:
  Core(BrokerScript script, std::uint16_t port)
      : script_(std::move(script)), acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), port)), timer_(io_) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Core() {
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      timer_.cancel();
      close();
      work_.reset();
      io_.stop();
    });
    thread_.join();
  }

  /// Runs on the broker's thread and returns what it gives.
  template <class F>
  auto on_thread(F f) const {
    std::promise<decltype(f())> promise;
    asio::post(io_, [&] {
      if constexpr (std::is_void_v<decltype(f())>) {
        f();
        promise.set_value();
      } else {
        promise.set_value(f());
      }
    });
    return promise.get_future().get();
  }

  void accept() {
    acceptor_.async_accept([this](const error_code& e, tcp::socket socket) {
      if (e) return;
      close();  // the latest client takes the session over
      auto wire = std::make_shared<Wire>(io_);
      wire->socket = std::move(socket);
      wire->socket.set_option(tcp::no_delay(true));
      begin(wire);
      accept();
    });
  }

  void begin(const std::shared_ptr<Wire>& wire) {
    wire_ = wire;
    if (script_.cert.empty()) return read(wire);
    context_.emplace(asio::ssl::context::tls_server);
    error_code e;  // what fails to load makes the handshake fail
    context_->use_certificate_chain_file(script_.cert.string(), e);
    context_->use_private_key_file(script_.key.string(), asio::ssl::context::pem, e);
    if (!script_.client_ca.empty()) {
      context_->load_verify_file(script_.client_ca.string(), e);
      context_->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    if (!script_.alpn.empty()) SSL_CTX_set_alpn_select_cb(context_->native_handle(), choose_protocol, &script_.alpn);
    wire->tls.emplace(wire->socket, *context_);
    wire->tls->async_handshake(asio::ssl::stream_base::server, [this, wire](const error_code& failed) {
      if (!failed && wire == wire_) read(wire);
    });
  }

  /// OpenSSL's callback: takes the one protocol that the script wants, or ends the handshake.
  static int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                             unsigned int offered_size, void* wanted) {
    const std::string& name = *static_cast<const std::string*>(wanted);
    for (unsigned int at = 0; at < offered_size; at += 1u + offered[at]) {
      if (std::string_view(reinterpret_cast<const char*>(offered) + at + 1, offered[at]) != name) continue;
      *out = offered + at + 1;
      *out_size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  void read(const std::shared_ptr<Wire>& wire) {
    if (stalled_) return;
    auto handler = [this, wire](const error_code& e, std::size_t n) {
      if (wire != wire_) return;
      if (e) return close();
      wire->unread.append(wire->read_into.data(), n);
      if (take_packets(*wire)) read(wire);
    };
    if (wire->tls)
      wire->tls->async_read_some(asio::buffer(wire->read_into), std::move(handler));
    else
      wire->socket.async_read_some(asio::buffer(wire->read_into), std::move(handler));
  }

  /// False: the connection is over.
  bool take_packets(Wire& wire) {
    std::size_t done = 0;
    mqtt::Frame frame;
    while (mqtt::next_frame(std::string_view(wire.unread).substr(done), frame) == mqtt::Framing::complete) {
      done += frame.size;
      mqtt::Packet packet;
      if (const auto fault = mqtt::decode(frame, version_, packet)) return blame(std::string(fault->what));
      const bool go_on = std::visit([&](const auto& p) { return on(wire, p); }, packet);
      if (!go_on) return false;
    }
    wire.unread.erase(0, done);
    session_.flush_log();
    push();
    return true;
  }

  bool blame(std::string what) {
    client_fault_ = std::move(what);
    close();
    return false;
  }

  SeenPacket& see(mqtt::PacketType type) {
    if (seen_.size() == kSeenMax) seen_.erase(seen_.begin(), seen_.begin() + kSeenMax / 2);
    SeenPacket packet;
    packet.type = type;
    packet.connection = connections_;
    packet.version = version_;
    return seen_.emplace_back(std::move(packet));
  }

  bool on(Wire& wire, const mqtt::Connect& packet) {
    wire.number = ++connections_;
    version_ = packet.version;
    SeenPacket& seen = see(mqtt::PacketType::connect);
    seen.text = packet.client_id;
    seen.clean_start = packet.clean_start;
    const bool v5 = packet.version == mqtt::Version::v5;
    if (!script_.answers_connect) return true;
    if (v5 && script_.closes_on_mqtt5) return close(), false;
    if (v5 && script_.old) {
      output_.append("\x20\x02\x00\x01", 4);
      return last_words();
    }
    if (script_.connect_answer != mqtt::Reason::success) {
      mqtt::encode(output_, version_, mqtt::Connack{false, script_.connect_answer, {}});
      return last_words();
    }
    const auto window = v5 ? packet.properties.number(mqtt::PropertyId::receive_maximum, 65535) : script_.window_3_1_1;
    const bool present = session_.connected(version_, static_cast<std::uint16_t>(window), packet.clean_start);
    const mqtt::Properties properties(v5 ? std::string_view(script_.connack_properties) : std::string_view());
    mqtt::encode(output_, version_, mqtt::Connack{present, mqtt::Reason::success, properties});
    session_.send_open_again(output_);
    connected_ = true;
    return true;
  }

  bool on(Wire&, const mqtt::Subscribe& packet) {
    SeenPacket& seen = see(mqtt::PacketType::subscribe);
    std::string reasons;
    for (const auto& f : packet.filters) {
      seen.text += (seen.text.empty() ? "" : " ") + std::string(f.filter);
      const auto refused = script_.refused_filters.find(std::string(f.filter));
      const bool granted = refused == script_.refused_filters.end();
      reasons += static_cast<char>(granted ? f.qos : static_cast<std::uint8_t>(refused->second));
    }
    if (!script_.answers_subscribe) return true;
    mqtt::encode(output_, version_, mqtt::SubscriptionAck{mqtt::PacketType::suback, packet.packet_id, {}, reasons});
    session_.subscribe();
    return true;
  }

  bool on(Wire&, const mqtt::Unsubscribe& packet) {
    SeenPacket& seen = see(mqtt::PacketType::unsubscribe);
    for (const auto& f : packet.filters) seen.text += (seen.text.empty() ? "" : " ") + std::string(f);
    const std::string reasons(packet.filters.size(), '\0');
    mqtt::encode(output_, version_, mqtt::SubscriptionAck{mqtt::PacketType::unsuback, packet.packet_id, {}, reasons});
    return true;
  }

  bool on(Wire&, const mqtt::Ack& packet) {
    SeenPacket& seen = see(packet.type);
    seen.packet_id = packet.packet_id;
    seen.reason = packet.reason;
    if (script_.takes_publishes && packet.type == mqtt::PacketType::pubrel) {
      if (script_.answers_publish)
        mqtt::encode(output_, version_,
                     mqtt::Ack{mqtt::PacketType::pubcomp, packet.packet_id, mqtt::Reason::success, {}});
      return true;
    }
    const std::string wrong = session_.acknowledge(packet, output_);
    return wrong.empty() || blame(wrong);
  }

  bool on(Wire&, const mqtt::Publish& packet) {
    if (!script_.takes_publishes) return blame("a packet that a subscriber must not send");
    SeenPacket& seen = see(mqtt::PacketType::publish);
    seen.packet_id = packet.packet_id;
    seen.text = packet.topic;
    seen.qos = packet.qos;
    seen.retain = packet.retain;
    seen.dup = packet.dup;
    seen.payload = packet.payload;
    seen.properties = packet.properties.encoded();
    if (packet.qos == 0 || !script_.answers_publish) return true;
    const auto found = script_.publish_answers.find(seen.text);
    const auto reason = found == script_.publish_answers.end() ? mqtt::Reason::success : found->second;
    const auto type = packet.qos == 1 ? mqtt::PacketType::puback : mqtt::PacketType::pubrec;
    mqtt::encode(output_, version_, mqtt::Ack{type, packet.packet_id, reason, {}});
    return true;
  }

  bool on(Wire&, const mqtt::Pingreq&) {
    see(mqtt::PacketType::pingreq);
    if (script_.answers_ping) mqtt::encode(output_, mqtt::Pingresp{});
    return true;
  }

  bool on(Wire&, const mqtt::Disconnect& packet) {
    see(mqtt::PacketType::disconnect).reason = packet.reason;
    close();
    return false;
  }

  template <class Other>
  bool on(Wire&, const Other&) {
    return blame("a packet that a subscriber must not send");
  }

  /// Sends what is there and closes.
  bool last_words() {
    const auto wire = wire_;
    wire->writing.swap(output_);
    auto handler = [this, wire](const error_code&, std::size_t) {
      if (wire == wire_) close();
    };
    if (wire->tls)
      asio::async_write(*wire->tls, asio::buffer(wire->writing), std::move(handler));
    else
      asio::async_write(wire->socket, asio::buffer(wire->writing), std::move(handler));
    return false;
  }

  void flush() {
    const auto wire = wire_;
    if (!wire || wire->is_writing || output_.empty()) return;
    wire->is_writing = true;
    wire->writing.clear();
    wire->writing.swap(output_);
    auto handler = [this, wire](const error_code& e, std::size_t) {
      wire->is_writing = false;
      if (wire != wire_ || e) return;
      if (connected_) session_.fill(output_);
      flush();
      tell();
    };
    if (wire->tls)
      asio::async_write(*wire->tls, asio::buffer(wire->writing), std::move(handler));
    else
      asio::async_write(wire->socket, asio::buffer(wire->writing), std::move(handler));
  }

  void push() {
    if (connected_) session_.fill(output_);
    flush();
    tell();
  }

  void close() {
    output_.clear();
    if (const auto wire = std::exchange(wire_, nullptr)) {
      error_code ignored;
      wire->socket.close(ignored);
    }
    if (std::exchange(connected_, false)) session_.disconnected();
    tell();
  }

  void tick() {
    timer_.expires_after(kLoadTick);
    timer_.async_wait([this](const error_code& e) {
      if (e) return;
      const SteadyTime now = SystemClock().steady();
      session_.pass(std::chrono::duration<double>(now - std::exchange(last_tick_, now)).count());
      push();
      tick();
    });
  }

  void start_load(BrokerLoad load) {
    const bool paced = load.rate > 0;
    session_.start_load(std::move(load));
    last_tick_ = SystemClock().steady();
    if (paced) tick();
    push();
  }

  void stall(bool stalled) {
    stalled_ = stalled;
    if (!stalled && wire_) read(wire_);
  }

  void tell() {
    const MutexLock lock(mutex_);
    changed_.notify_all();
  }
  bool wait(Deadline deadline, const std::function<bool()>& condition) {
    for (;;) {
      if (condition()) return true;
      if (SystemClock().steady() >= deadline.at) return false;
      MutexLock lock(mutex_);
      changed_.wait_until(lock, SystemClock().steady() + milliseconds{5});
    }
  }

  mutable asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  BrokerScript script_;
  BrokerSession session_{script_};
  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  SteadyTime last_tick_{};
  std::optional<asio::ssl::context> context_;
  std::shared_ptr<Wire> wire_;
  std::string output_;
  mqtt::Version version_ = mqtt::Version::v5;
  bool connected_ = false;
  bool stalled_ = false;
  std::uint32_t connections_ = 0;
  std::vector<SeenPacket> seen_;
  std::string client_fault_;
  Mutex mutex_;
  CondVar changed_;
  std::thread thread_;
};

ScriptedBroker::ScriptedBroker(BrokerScript script, std::uint16_t port)
    : core_(std::make_unique<Core>(std::move(script), port)) {}
ScriptedBroker::~ScriptedBroker() = default;

std::uint16_t ScriptedBroker::port() const noexcept { return core_->acceptor_.local_endpoint().port(); }
std::string ScriptedBroker::uri() const {
  return (core_->script_.cert.empty() ? "mqtt://127.0.0.1:" : "mqtts://localhost:") + std::to_string(port());
}

void ScriptedBroker::change(const std::function<void(BrokerScript&)>& change) {
  core_->on_thread([&] { change(core_->script_); });
}
void ScriptedBroker::publish(BrokerMessage message) {
  core_->on_thread([&] {
    core_->session_.queue(std::move(message));
    core_->push();
  });
}
void ScriptedBroker::send_raw(std::string bytes) {
  core_->on_thread([&] {
    core_->output_ += bytes;
    core_->flush();
  });
}
void ScriptedBroker::disconnect(mqtt::Reason reason) {
  core_->on_thread([&] {
    if (!core_->wire_) return;
    mqtt::encode(core_->output_, core_->version_, mqtt::Disconnect{reason, {}});
    if (!core_->wire_->is_writing) core_->last_words();
  });
}
void ScriptedBroker::drop() {
  core_->on_thread([&] { core_->close(); });
}
void ScriptedBroker::forget_session() {
  core_->on_thread([&] { core_->session_.forget(); });
}
void ScriptedBroker::stall(bool stalled) {
  core_->on_thread([&] { core_->stall(stalled); });
}
void ScriptedBroker::start_load(BrokerLoad load) {
  core_->on_thread([&] { core_->start_load(std::move(load)); });
}
void ScriptedBroker::stop_load() {
  core_->on_thread([&] { core_->session_.stop_load(); });
}
bool ScriptedBroker::wait(Deadline deadline, const std::function<bool()>& condition) {
  return core_->wait(deadline, condition);
}
std::vector<SeenPacket> ScriptedBroker::seen() const {
  return core_->on_thread([&] { return core_->seen_; });
}
std::size_t ScriptedBroker::count(mqtt::PacketType type) const {
  return core_->on_thread([&] {
    std::size_t n = 0;
    for (const SeenPacket& packet : core_->seen_) n += packet.type == type;
    return n;
  });
}
bool ScriptedBroker::subscribed() const {
  return core_->on_thread([&] { return core_->connected_ && core_->session_.subscribed(); });
}
bool ScriptedBroker::connected() const {
  return core_->on_thread([&] { return core_->connected_; });
}
std::uint32_t ScriptedBroker::connections() const {
  return core_->on_thread([&] { return core_->connections_; });
}
std::size_t ScriptedBroker::open_messages() const {
  return core_->on_thread([&] { return core_->session_.open(); });
}
std::uint64_t ScriptedBroker::sent_messages() const {
  return core_->on_thread([&] { return core_->session_.sent(); });
}
std::uint64_t ScriptedBroker::acked_messages() const {
  return core_->on_thread([&] { return core_->session_.acked(); });
}
std::string ScriptedBroker::client_fault() const {
  return core_->on_thread([&] { return core_->client_fault_; });
}

}  // namespace tidegate::test
