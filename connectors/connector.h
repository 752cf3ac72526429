#pragma once

#include <any>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/health.h"
#include "gateway/base/ids.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/random.h"
#include "gateway/base/result.h"
#include "gateway/event/event.h"
#include "gateway/intake/intake.h"

namespace boost::asio {
class io_context;
}

/// The whole contract between a connector and the gateway.
namespace tidegate {

class OptionTable;       // gateway/config/option_table.h
class TopicFilter;       // gateway/routing/topic_filter.h
struct DeliveryOptions;  // gateway/delivery/options.h

/// What a connector may use. Outlives the connector. `component` names it in logs, health and metrics.
struct ConnectorContext {
  std::string gateway_id;
  std::string name;                        ///< the key in the config: "plant-floor"
  std::string route;                       ///< sinks only: of the lane in front of it; empty: there is none (a check)
  SourceId source_id{};                    ///< sources only
  boost::asio::io_context* net = nullptr;  ///< the network thread: sources do all their I/O there; sinks do not use it
  const Clock* clock = nullptr;
  Random* random = nullptr;  ///< the connector's own
  Health* health = nullptr;
  Metrics* metrics = nullptr;
  const DeliveryOptions* delivery = nullptr;  ///< sinks only: how the lane in front of it delivers
};

/// Brings events in. start, pause, resume and stop come from the supervisor's thread, in that order of life;
/// everything else runs on the network thread.
class Source {
 public:
  virtual ~Source() = default;
  /// Begins work and returns at once. A peer that is down is not an error: report it to Health and keep trying.
  virtual Status start(Intake& intake) = 0;
  /// High water: leave new events upstream, unacknowledged. Receipts still go out. Idempotent.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Lets the receipts that are due go out, says goodbye and closes. Idempotent; no admit() after it returns.
  /// *Blocks* for at most about a second. The network thread is running when it is called.
  virtual void stop() noexcept = 0;
  /// Tries what start() will need, for `tidegate check --connect`: reaches the peer, or binds the port and lets it go.
  /// Called instead of start(), maybe beside a gateway that runs from the same config, which it must not disturb.
  /// *Threads*: the caller's; `net` does not run. *Blocks* until the deadline.
  virtual Status probe(Deadline /*deadline*/) { return {}; }
};

/// An event as a lane hands it to a sink. `captures` are the route's {names} with their values.
struct OutEvent {
  Event event;
  std::vector<std::pair<std::string, std::string>> captures;
  std::uint64_t destination = 0;  ///< what Sink::destination said of it
  /// Of the event in the log: two events of a gateway never share it. 0: it comes from no log (a preview, a test).
  Seq position{};
};

/// Names one submitted batch in the answers of Sink::wait.
using BatchId = StrongId<struct BatchTag, std::uint64_t>;

/// Events in the order they must arrive. The lane owns them: they stay as they are until the sink's wait() has returned
/// the batch, or close() has returned; after that the sink touches none of them.
struct Batch {
  BatchId id;
  std::vector<const OutEvent*> events;
  /// For sinks that gather: more batches follow, so these may be held. Otherwise this one ends the gathering; it has no
  /// events when none came in time.
  bool more = false;
};

enum class Fate : std::uint8_t {
  delivered,  ///< and so is everything that was held before
  retry,      ///< refused for now, certainly not taken
  unknown,    ///< sent, no answer: may have been taken; sent again under the same ids
  rejected,   ///< this event will never be taken as it is
  held,       ///< by a sink that gathers: it is delivered with the batch that ends the gathering, or sent again
};

/// Why a batch was not delivered, as far as it concerns the lane and not only the events.
enum class Cause : std::uint8_t {
  none,
  peer_down,         ///< connection failed, 5xx: counts towards the breaker
  throttled,         ///< 429 or the like
  unauthorized,      ///< credential refused: the lane refreshes once, then pauses and alarms
  too_large,         ///< the batch as a whole is too big: split it
  poison_suspected,  ///< the batch was refused for its content: split it to find the event
  gone,              ///< 410: the endpoint says never again: park the lane
  undone,            ///< what was held before is lost, and so is this batch: all of it is sent again
};

struct Outcome {
  Fate fate = Fate::retry;
  std::string reason;  ///< for dead letters and logs: "HTTP 422: ...", body excerpt at most 512 bytes; no secret
};

/// A batch that ended. When its events have fates of their own, none was delivered after an earlier one of the same
/// subject that is to be sent again.
struct Settled {
  BatchId id;
  std::vector<Outcome> outcomes;  ///< one per event of the batch in its order, or exactly one for all of them
  Cause cause = Cause::none;
  std::optional<milliseconds> retry_after;  ///< what the peer asked for
};

struct SinkLimits {
  std::size_t batch_events_max = 1;
  std::size_t batch_bytes_max = 1u << 20;  ///< payload bytes as payload_bytes() counts them
  std::size_t batches_in_flight_max = 1;
  /// Of the events of a request the peer may take a later one and refuse an earlier one: where the lane keeps an order,
  /// a batch holds at most one event of each key.
  bool takes_out_of_order = false;
  /// What it delivers is made of several batches, such as the parts of an object: `batch` of the lane's options limits
  /// them all together, the limits above each. They come one at a time, to one destination until the last.
  bool gathers = false;
};

/// Takes events out. Driven by exactly one lane worker; judges, never waits for a retry and never retries by itself.
class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual SinkLimits limits() const noexcept = 0;
  /// Reaches the peer without sending an event; also what `tidegate check --connect` calls.
  virtual Status connect(Deadline deadline, std::stop_token stop) = 0;
  /// Events for which it differs go to different places, such as folders or partitions, and never share a batch. Of one
  /// event always the same.
  [[nodiscard]] virtual std::uint64_t destination(const OutEvent& /*event*/) { return 0; }
  /// Starts one request. Called only while fewer than batches_in_flight_max are open.
  virtual void submit(Batch batch) = 0;
  /// The requests that ended; empty when the deadline passed, `stop` was asked for or wake() was called.
  virtual std::vector<Settled> wait(Deadline deadline, std::stop_token stop) = 0;
  /// Makes a wait() that is under way, or the next one, return soon. *Threads*: safe from any.
  virtual void wake() noexcept = 0;
  /// Does what is due by time alone. Called about every limits::kIdleInterval, also while there is nothing to send.
  virtual void tend() {}
  /// Called once after `unauthorized`: read files and environment for the credential again. False: nothing changed.
  virtual bool refresh_credentials() { return false; }
  /// Abandons what is in flight and frees the connection. Idempotent.
  virtual void close() noexcept = 0;
};

/// What the peer of a sink answers in a test case.
struct PeerAnswer {
  std::string_view name;                    ///< as the case says it: "429"
  std::size_t events = 1;                   ///< of the batch
  std::optional<milliseconds> retry_after;  ///< what the peer asks for
  std::string_view words;                   ///< what it says beside
};

/// What a peer would get of one event, for people to look at.
struct Preview {
  std::string to;            ///< "POST https://ingest.example.com/events"
  std::string content_type;  ///< empty: none is announced
  std::string body;
};

/// What a source can bring, as far as its options tell.
struct SourceScope {
  std::vector<std::string> topics;  ///< MQTT filters that together hold every topic it brings; empty: unknown
  bool json = true;                 ///< false: no payload will ever be JSON
};

/// One row of the registry. A null factory: no such direction. `options` is what the table's parse() produced.
struct ConnectorType {
  std::string_view name;
  std::string_view summary;
  const OptionTable* (*source_options)() = nullptr;
  Result<std::unique_ptr<Source>> (*make_source)(const ConnectorContext&, const std::any& options) = nullptr;
  const OptionTable* (*sink_options)() = nullptr;
  Result<std::unique_ptr<Sink>> (*make_sink)(const ConnectorContext&, const std::any& options) = nullptr;
  /// Sets what the delivery options are unless the config says otherwise, where that is not what it is for most sinks.
  /// Null: it is.
  void (*delivery_defaults)(DeliveryOptions& delivery) = nullptr;
  /// Whether a sink with these options can deliver what the route matches; for the check of a config. Null: always.
  Status (*check_sink_route)(const std::any& options, const TopicFilter& route) = nullptr;
  /// What an answer means for a batch, its `id` left open; nullopt: no peer of such a sink answers so. Null: there are
  /// no answers but those that every peer may give (ok, down, timeout).
  std::optional<Settled> (*judge_answer)(const PeerAnswer& answer) = nullptr;
  std::string_view answers = {};  ///< what judge_answer knows, for messages: "an HTTP status"
  /// Reaches for no peer. *Errors*: invalid, when the event cannot be sent as it is. Null: the payload as it is.
  Result<Preview> (*preview)(const ConnectorContext& context, const std::any& options, const OutEvent& event) = nullptr;
  /// For the check of a config; `name` is the source's. Null: it may bring anything.
  SourceScope (*source_scope)(const std::any& options, const std::string& name) = nullptr;
};

/// Everything this binary contains, in the order the docs list it. Defined in registry.cpp.
const std::vector<ConnectorType>& connector_types();

}  // namespace tidegate
