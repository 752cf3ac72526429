#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/mqtt/codec.h"
#include "connectors/mqtt_listener/acl.h"
#include "connectors/mqtt_listener/client_session.h"
#include "connectors/mqtt_listener/options.h"
#include "gateway/base/clock.h"
#include "gateway/base/secret.h"
#include "gateway/delivery/token_bucket.h"
#include "gateway/intake/intake.h"

namespace tidegate::mqtt_listener {

/// Names a submission within one connection; grows by one.
using Ticket = std::uint64_t;

/// Why a connection has to end, once the output is sent.
struct SessionEnd {
  enum class Kind : std::uint8_t {
    goodbye,         ///< the client said DISCONNECT
    refused,         ///< CONNACK said no
    protocol_error,  ///< the client sent what it must not
    not_permitted,   ///< MQTT 3.1.1: a message was refused, and closing is the only way to say so
    timeout,         ///< CONNECT or a sign of life did not come in time
    taken_over,      ///< another connection has the same client id
    overloaded,      ///< all clients together ask for more memory than there is
    resubmit,        ///< the intake refused a submission; the messages have to come again
    stopping,        ///< the gateway stops
  };
  Kind kind = Kind::timeout;
  mqtt::Reason reason = mqtt::Reason::success;
  std::string why;  ///< for a person; no secret, no payload
};

/// What a CONNECT asks for.
struct Greeting {
  mqtt::Version version = mqtt::Version::v5;
  bool clean_start = false;
  bool wants_enhanced_authentication = false;
  std::string client_id;
  std::optional<std::string> user;
  Secret password;
};

/// What a listener's sessions share. References outlive them.
struct SessionSetup {
  const ListenerOptions& options;
  const Clock& clock;
  SessionBook& book;
  /// Bytes of the wills in memory. Shared with the wills.
  std::shared_ptr<std::size_t> will_bytes = std::make_shared<std::size_t>(0);
  /// Events of one submission; 1 after the intake refused a larger one, so that the one at fault is found.
  std::size_t submission_events_max = limits::kSubmissionEventsMax;
};

/// One connection of a client, seen from the server: bytes and time in, bytes and submissions out.
///
/// Around it, a transport: after each call that may change something, hand over what take_submission() gives until
/// there is none, send output(), answer the greeting() if there is one, and look at ended(). Acknowledgements leave
/// only through settle(), in the order of what they acknowledge.
///
/// Pure but for the clock it is given. *Threads*: one user at a time.
class ServerSession {
 public:
  /// `connection` is unique among those of the book.
  ServerSession(SessionSetup& setup, std::uint64_t connection);

  /// Reads whole packets from the front of `buffer`. Returns how many bytes are done with; stops early when a
  /// submission is full, a greeting waits for its answer, or the rate is used up: call it again then.
  std::size_t receive(std::string_view buffer);
  /// The size of the packet of which the rest of the buffer is a part; 0: not known yet.
  [[nodiscard]] std::size_t packet_size() const noexcept { return packet_size_; }
  /// True when the latest receive() stopped for want of bytes.
  [[nodiscard]] bool is_starved() const noexcept { return is_starved_; }
  /// True while nothing is taken until something that came before is answered: a CONNECT, or what precedes a message
  /// whose refusal ends the connection.
  [[nodiscard]] bool answers_first() const noexcept { return greeting_ != nullptr || !connack_.empty() || halted_; }

  /// A CONNECT that waits for accept() and welcome(), or for turn_away().
  [[nodiscard]] const Greeting* greeting() const noexcept { return greeting_.get(); }
  /// Says who the greeting is from; its client id is the greeting's, or one made up for it. False: this guest may not
  /// have what the greeting asks for, and was turned away.
  bool accept(Guest guest);
  /// Lets in whom accept() accepted. No other connection may be using the session of this client id any more.
  void welcome();
  /// Refuses the greeting.
  void turn_away(mqtt::Reason reason, std::string_view why);

  /// The next submission, and the ticket to settle it with.
  std::optional<std::pair<Ticket, Submission>> take_submission();
  /// The receipt of a submission came.
  void settle(Ticket ticket, Admission admission);
  [[nodiscard]] std::size_t unreceipted() const noexcept { return submitted_.size(); }
  [[nodiscard]] std::size_t unreceipted_bytes() const noexcept { return unreceipted_bytes_; }

  /// Says whether the transport reads. While it doesn't, no sign of life is expected.
  void set_reading(bool reading);
  /// When the rate lets the next message in; the past when it does.
  [[nodiscard]] SteadyTime rate_allows_at() const noexcept { return rate_allows_at_; }
  /// When tick() has to be called at the latest.
  [[nodiscard]] SteadyTime next_tick() const noexcept;
  void tick();

  /// What is to be sent; sent() takes off what was.
  [[nodiscard]] std::string_view output() const noexcept { return std::string_view(output_).substr(sent_); }
  void sent(std::size_t bytes);

  /// Ends the connection from this side.
  void leave(SessionEnd::Kind kind, mqtt::Reason reason, std::string_view why);
  /// The transport is gone. The book knows after this; what is to be stored for it, a will among it, is in the next
  /// submission. Receipts may still come.
  void disconnected();

  [[nodiscard]] const std::optional<SessionEnd>& ended() const noexcept { return ended_; }
  [[nodiscard]] bool is_open() const noexcept { return phase_ == Phase::open; }
  [[nodiscard]] const Guest& guest() const noexcept { return guest_; }
  [[nodiscard]] mqtt::Version version() const noexcept { return version_; }

  /// What was not stored, to be counted by the transport, which resets it.
  struct Refusals {
    std::uint64_t not_permitted = 0;  ///< by the acl
    std::uint64_t over_limit = 0;     ///< breaks a limit of events, or of open messages
    std::uint64_t subscriptions = 0;  ///< topic filters refused
  };
  Refusals take_refusals() noexcept { return std::exchange(refusals_, {}); }

 private:
  enum class Phase : std::uint8_t { connecting, greeting, open, closed };

  /// An answer that waits for the receipt of its submission.
  struct Answer {
    mqtt::PacketType type = mqtt::PacketType::puback;
    mqtt::Reason reason = mqtt::Reason::success;
    std::uint16_t packet_id = 0;
    bool counted = false;  ///< it frees one of the messages the client may have open
    bool repeat = false;   ///< of a message that came before
  };
  /// What was read together, and leaves when its receipt has come.
  struct Submitted {
    std::vector<Answer> answers;
    std::size_t bytes = 0;
    std::size_t events = 0;
    bool settled = false;
    Admission admission = Admission::durable;
  };

  void handle(const mqtt::Frame& frame);
  void on_connect(const mqtt::Frame& frame);
  /// False: it was turned away.
  bool take_will(const mqtt::Will& will);
  void announce(const mqtt::Connect& connect, bool session_present);

  void on(const mqtt::Publish& packet);
  void on(const mqtt::Ack& packet);
  void on(const mqtt::Subscribe& packet);
  void on(const mqtt::Unsubscribe& packet);
  void on(const mqtt::Disconnect& packet);
  void on(mqtt::Pingreq packet);
  template <class Other>
  void on(const Other& packet);

  std::optional<std::string_view> resolve_topic(const mqtt::Publish& packet);
  /// False: the client has more open than it may, and the connection ends.
  bool count_open(const mqtt::Publish& packet);
  /// True when the message was seen before, and only its answer is still wanted.
  bool is_repeat(const mqtt::Publish& packet, std::uint64_t hash);
  void open_message(std::uint16_t packet_id, std::uint64_t hash);
  void refuse(const mqtt::Publish& packet, mqtt::Reason reason, std::string_view why);
  void release(std::uint16_t packet_id);
  void add_event(Event event);

  void drain();
  void settle(const Submitted& submitted, Ticket ticket, const Answer& answer);
  void settle_message(Ticket ticket, const Answer& answer, bool taken);
  void refused_by_intake(const Answer& answer);
  void fail(const mqtt::Fault& fault);
  void end(SessionEnd::Kind kind, mqtt::Reason reason, std::string why);

  template <class AnyPacket>
  void send(const AnyPacket& packet) {
    const std::size_t before = output_.size();
    encode(output_, version_, packet);
    // A packet that the client said it cannot take is as if it had been sent [MQTT-3.1.2-24, -25].
    if (output_.size() - before > client_packet_max_) output_.resize(before);
  }
  [[nodiscard]] bool submission_full() const noexcept {
    return filling_.events.size() >= setup_.submission_events_max || answers_.size() >= limits::kSubmissionEventsMax;
  }

  SessionSetup& setup_;
  const std::uint64_t connection_;
  SteadyTime connect_since_;  ///< the CONNECT is waited for

  Phase phase_ = Phase::connecting;
  mqtt::Version version_ = mqtt::Version::v5;
  bool wants_reasons_ = true;  ///< reason strings outside CONNACK and DISCONNECT
  bool is_reading_ = true;
  bool is_starved_ = true;
  bool halted_ = false;
  std::string_view refused_because_;
  std::optional<SessionEnd> ended_;
  std::unique_ptr<Greeting> greeting_;
  std::string connect_;  ///< the CONNECT, while its answer is looked for
  Guest guest_;
  std::vector<std::pair<std::string, std::string>> own_attributes_;
  std::shared_ptr<ClientSession> client_;
  std::unique_ptr<LastWill> will_;

  std::string output_;
  std::size_t sent_ = 0;
  std::size_t client_packet_max_ = SIZE_MAX;
  std::size_t packet_size_ = 0;
  std::vector<std::string> aliases_;  ///< by topic alias; index 0 is not used
  std::size_t alias_bytes_ = 0;
  WallTime arrival_{};  ///< of the bytes being read

  Submission filling_;
  std::size_t filling_bytes_ = 0;
  std::vector<Answer> answers_;
  std::deque<Submitted> submitted_;  ///< in the order of their tickets, the last is next_ticket_ - 1
  Ticket next_ticket_ = 0;
  std::size_t unreceipted_bytes_ = 0;
  std::uint32_t open_ = 0;  ///< messages at QoS 1 and 2 that are not answered to the end
  std::string connack_;     ///< waits for the receipt of the session's row

  std::chrono::seconds keep_alive_{0};
  SteadyTime last_received_{};
  TokenBucket rate_;
  SteadyTime rate_allows_at_{};
  Refusals refusals_;
};

}  // namespace tidegate::mqtt_listener
