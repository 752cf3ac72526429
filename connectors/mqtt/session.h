#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/mqtt/codec.h"
#include "connectors/mqtt/options.h"
#include "connectors/mqtt/redelivery.h"
#include "gateway/base/clock.h"
#include "gateway/intake/intake.h"

namespace tidegate::mqtt {

/// Why a connection has to end, once the output is sent.
struct SessionEnd {
  enum class Kind : std::uint8_t {
    old_broker,      ///< the broker does not speak this version
    refused,         ///< CONNACK said no
    disconnected,    ///< the broker sent DISCONNECT
    protocol_error,  ///< the broker sent what it must not
    timeout,         ///< an answer did not come in time
    resubmit,        ///< the intake refused a submission; the messages have to come again one by one
  };
  Kind kind = Kind::timeout;
  Reason reason = Reason::success;
  std::string why;  ///< for a person
};

/// A subscription the broker did not grant.
struct RefusedSubscription {
  std::string topic;
  Reason reason;
};

/// A client's session at a broker, over any number of connections: bytes and time in, bytes and submissions out.
///
/// Around it, a transport: after each call to receive(), settle(), tick() or connected(), send what take_output()
/// gives, hand over what take_submission() gives until there is none, and look at ended(). Acknowledgements leave only
/// through settle(), or for what an earlier run or connection has stored.
///
/// Pure but for the clock it is given. *Threads*: one user at a time.
class Session {
 public:
  enum class Phase : std::uint8_t { offline, connecting, subscribing, open };

  /// `options` and `clock` outlive it.
  Session(const SourceOptions& options, std::string client_id, const Clock& clock);

  /// Takes over what an earlier run stored, before the first connection.
  void restore(const std::vector<std::pair<std::string, std::string>>& state);

  /// The transport is connected: asks for the session in this version.
  void connected(Version version);
  /// The transport is gone; what has no receipt yet will be sent again by the broker.
  void disconnected();
  /// Reads whole packets from the front of `buffer`. Returns how many bytes are done with; stops early when a
  /// submission is full (call take_submission() and then again).
  std::size_t receive(std::string_view buffer);
  /// The size of the packet of which the rest of the buffer is a part; 0: not known yet.
  [[nodiscard]] std::size_t packet_size() const noexcept { return packet_size_; }
  /// Says whether the transport reads. While it doesn't, no answer is expected.
  void set_reading(bool reading);

  /// The next submission, and the ticket to settle it with.
  std::optional<std::pair<Ticket, Submission>> take_submission();
  /// The receipt of a submission came.
  void settle(Ticket ticket, Admission admission);
  /// Submissions that wait for their receipt, and the memory of their events.
  [[nodiscard]] std::size_t unreceipted() const noexcept { return submitted_.size(); }
  [[nodiscard]] std::size_t unreceipted_bytes() const noexcept { return unreceipted_bytes_; }

  /// When tick() has to be called at the latest.
  [[nodiscard]] SteadyTime next_tick() const noexcept;
  void tick();

  /// Swaps what is to be sent into `out`, which is empty. False when there is nothing.
  bool take_output(std::string& out);
  [[nodiscard]] std::size_t output_bytes() const noexcept { return output_.size(); }
  /// Says goodbye; the session stays at the broker.
  void say_goodbye();

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] Version version() const noexcept { return version_; }
  [[nodiscard]] bool session_present() const noexcept { return session_present_; }
  /// How long the broker keeps the session; it may grant less than was asked for.
  [[nodiscard]] std::chrono::seconds session_expiry() const noexcept { return session_expiry_; }
  [[nodiscard]] const std::optional<SessionEnd>& ended() const noexcept { return ended_; }
  [[nodiscard]] const std::vector<RefusedSubscription>& refused_subscriptions() const noexcept { return refused_; }
  /// Messages that broke a limit and were not stored, since the start; and why the last one was not.
  [[nodiscard]] std::uint64_t refused_messages() const noexcept { return refused_messages_; }
  [[nodiscard]] std::string_view refused_because() const noexcept { return refused_because_; }

 private:
  struct Submitted {
    std::size_t bytes = 0;
    std::size_t events = 0;
    bool settled = false;
  };
  /// A message too large to take: its bytes are passed over, then it is refused.
  struct Oversize {
    std::size_t left = 0;
    std::uint8_t qos = 0;
    std::uint16_t packet_id = 0;
  };

  void handle(const Frame& frame);
  void on(const Connack& packet);
  void on(const Publish& packet);
  void on(const Ack& packet);
  void on(const SubscriptionAck& packet);
  void on(const Disconnect& packet);
  void on(Pingresp packet);
  template <class Other>
  void on(const Other& packet);

  std::size_t skip_oversize(std::string_view rest);
  /// False: more bytes are needed to know.
  bool begin_oversize(const Frame& frame);
  std::optional<std::string_view> resolve_topic(const Publish& packet);
  void refuse(std::uint8_t qos, std::uint16_t packet_id, std::string_view why);
  void acknowledge_now(std::uint8_t qos, std::uint16_t packet_id);
  /// Why the broker's CONNACK rules a subscription out, if it does.
  static std::optional<Reason> not_offered(const Properties& connack, std::string_view filter);
  void subscribe(const Properties& connack);
  void subscribed(const SubscriptionAck& packet);
  void remember_subscriptions();
  void ping();
  void expect_answer();
  void fail(const Fault& fault);
  void end(SessionEnd::Kind kind, Reason reason, std::string why);
  [[nodiscard]] bool submission_full() const noexcept { return filling_.events.size() >= submission_events_max_; }

  const SourceOptions& options_;
  const std::string client_id_;
  const Clock& clock_;

  Phase phase_ = Phase::offline;
  Version version_ = Version::v5;
  bool session_present_ = false;
  std::chrono::seconds session_expiry_{0};
  std::optional<SessionEnd> ended_;
  std::string output_;
  std::size_t packet_size_ = 0;
  Oversize oversize_;
  Packet packet_;
  std::vector<std::string> aliases_;  ///< by topic alias; index 0 is not used
  WallTime arrival_{};                ///< of the bytes being read

  Redelivery redelivery_;
  Submission filling_;
  std::size_t filling_bytes_ = 0;
  std::size_t submission_events_max_;
  std::deque<Submitted> submitted_;  ///< in the order of their tickets, the last is next_ticket_ - 1
  Ticket next_ticket_ = 0;
  std::size_t unreceipted_bytes_ = 0;
  std::vector<Ack> due_;

  /// What the broker's session subscribes to, as far as known: filters with their QoS.
  std::vector<std::pair<std::string, std::uint8_t>> held_;
  std::vector<Subscription> asked_;  ///< of the SUBSCRIBE that waits for its answer
  bool subscriptions_changed_ = false;
  std::vector<RefusedSubscription> refused_;
  std::uint64_t refused_messages_ = 0;
  std::string_view refused_because_;

  bool reading_ = true;
  std::chrono::seconds keep_alive_{0};
  SteadyTime last_sent_{};
  SteadyTime last_received_{};
  SteadyTime answer_by_ = SteadyTime::max();
  std::uint32_t pings_open_ = 0;
  std::uint64_t acks_before_ping_ = 0;
};

}  // namespace tidegate::mqtt
