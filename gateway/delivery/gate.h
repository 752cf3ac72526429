#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/base/random.h"
#include "gateway/delivery/options.h"

namespace tidegate {

/// The full-jitter wait after so many failures (1, 2, ...): uniform below a bound that starts at `initial`, doubles and
/// stops at `max`. `draw` is the random part, shared by events that are to be sent again together.
milliseconds backoff(const DeliveryOptions::Retry& retry, std::uint32_t failures, std::uint64_t draw) noexcept;

/// Whether a lane may send at all: circuit breaker, refused credentials, parking, and what the peer asked us to wait.
/// *Threads*: one user at a time.
class Gate {
 public:
  enum class Mode : std::uint8_t {
    connecting,  ///< the first connect has not succeeded yet
    open,        ///< sending
    broken,      ///< the breaker is open: one probe per interval
    refreshed,   ///< a credential was refused and read again: one batch shows whether it is good now
    paused,      ///< the credential is refused: a slow probe, or resume()
    parked,      ///< the endpoint said never again: resume() or a restart
  };

  Gate(const DeliveryOptions& options, Random& random) : options_(options), random_(random) {}

  /// Batches that may leave now, given how many are in flight.
  [[nodiscard]] std::size_t batches_free(SteadyTime now, std::size_t in_flight, std::size_t in_flight_max) const;
  /// When batches_free() may rise by itself; max: not before something happens.
  [[nodiscard]] SteadyTime look_again(SteadyTime now) const;
  /// A batch leaves. True: it is a probe.
  bool leave();
  /// Identifies the credential that a batch leaves with.
  [[nodiscard]] std::uint32_t credential() const noexcept { return credential_; }

  [[nodiscard]] bool wants_connect(SteadyTime now) const { return mode_ == Mode::connecting && now >= probe_at_; }
  void connected();
  void connect_failed(SteadyTime now, std::string why);

  /// The credential must be read again before the next batch leaves.
  [[nodiscard]] bool wants_refresh(SteadyTime now) const;
  void refreshed();

  /// A batch ended, and the peer is there and takes events.
  void alive(bool probe, std::uint32_t credential);
  /// A batch ended without the peer having done anything.
  void failed(SteadyTime now, bool probe, std::string why);
  void unauthorized(SteadyTime now, bool probe, std::uint32_t credential, std::string why);
  void gone(bool probe, std::string why);
  /// The peer asks for less: nothing leaves for as long as it says, or for a backoff that grows when it says so again.
  void throttled(SteadyTime now, std::optional<milliseconds> retry_after, std::string why);
  /// Ends a pause or a park: one probe at once.
  void resume(SteadyTime now);

  [[nodiscard]] Mode mode() const noexcept { return mode_; }
  /// The latest request failed.
  [[nodiscard]] bool failing() const noexcept { return failures_ > 0 || throttles_ > 0 || mode_ != Mode::open; }
  /// The latest failure, for a person.
  [[nodiscard]] const std::string& why() const noexcept { return why_; }

 private:
  [[nodiscard]] milliseconds probe_interval() const;

  const DeliveryOptions& options_;
  Random& random_;
  Mode mode_ = Mode::connecting;
  SteadyTime probe_at_ = SteadyTime::min();
  SteadyTime hold_until_ = SteadyTime::min();
  bool probe_out_ = false;
  bool refresh_due_ = false;
  bool refused_before_ = false;  ///< a credential was refused, and none accepted since
  std::uint32_t credential_ = 0;
  std::uint32_t failures_ = 0;   ///< consecutive
  std::uint32_t throttles_ = 0;  ///< consecutive
  std::string why_;
};

}  // namespace tidegate
