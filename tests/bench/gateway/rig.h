#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/process/gateway.h"
#include "tests/support/process/mosquitto.h"
#include "tests/support/process/process.h"
#include "tests/support/process/publisher.h"
#include "tests/support/process/receiver_process.h"

/// The machinery of the benchmark: everything on one machine, load, broker and receiver included.
namespace tidegate::bench {

inline constexpr std::size_t kPayloadBytes = 200;

/// One route by topic.
inline constexpr std::string_view kEverything = "  all: { topic: \"sensors/#\", to: cloud }\n";
/// The same events by a route that finds each of them by its content, and 99 routes whose patterns, of all kinds, hold
/// for none.
std::string hundred_content_routes();

/// A mosquitto as Debian configures it, plus a listener and no limit on its queue.
Result<std::unique_ptr<test::Mosquitto>> start_broker(const std::filesystem::path& dir);

/// Publishes `count` events at QoS 1, at `rate` per second or as fast as they are taken.
test::PublisherReport publish_events(std::uint16_t port, std::uint64_t count, double rate = 0);

/// What one run through the gateway showed.
struct Flow {
  double events_per_second = 0;
  double cpu_us_per_event = 0;
  double rss_peak_mib = 0;
  double written_per_byte = 0;  ///< bytes handed to the disk per byte of event
};

/// The run that brought `events` of `event_bytes` each in so many `seconds`, by the gateway's usage before and after
/// it.
Flow flow_of(double events, double seconds, double event_bytes, const test::Usage& before, const test::Usage& after);

inline constexpr double kKibPerMib = 1024.0;

/// mosquitto, gateway and receiver in one directory, the gateway subscribed.
class Rig {
 public:
  explicit Rig(std::filesystem::path bin);
  /// `receiver`: also start the receiver. `routes`: YAML, indented by two.
  Status start(std::string_view batch_max_wait, bool receiver = true, std::string_view routes = kEverything);
  Status start_receiver() { return receiver_->start(); }
  /// Waits until the gateway has delivered `count` events; the seconds it took from `from`.
  Result<double> wait_delivered(std::uint64_t count, SteadyTime from);
  Status wait_pending(std::uint64_t count);

  [[nodiscard]] test::GatewayProcess& gateway() { return gateway_; }
  [[nodiscard]] test::Mosquitto& broker() { return *broker_; }
  [[nodiscard]] test::ReceiverProcess& receiver() { return *receiver_; }
  [[nodiscard]] const std::filesystem::path& dir() const { return dir_.path(); }
  void keep() { dir_.keep(); }

 private:
  std::filesystem::path bin_;
  test::TempDir dir_;
  std::unique_ptr<test::Mosquitto> broker_;
  std::unique_ptr<test::ReceiverProcess> receiver_;
  test::GatewayProcess gateway_;
};

/// Events per second and CPU per event of `mosquitto_sub -q 1` alone, on the same load.
Result<Flow> measure_bare_subscriber(std::uint64_t count);
/// The same load through the gateway to the receiver.
Result<Flow> measure_gateway(const std::filesystem::path& bin, std::uint64_t count,
                             std::string_view routes = kEverything);

}  // namespace tidegate::bench
