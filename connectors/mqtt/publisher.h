#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "connectors/mqtt/codec.h"
#include "connectors/mqtt/options.h"
#include "connectors/mqtt/outgoing.h"
#include "connectors/mqtt/reason.h"
#include "gateway/base/result.h"
#include "gateway/base/secret.h"

namespace tidegate::mqtt {

/// What a broker said in CONNACK about the messages it takes (MQTT 5; a 3.1.1 broker says nothing).
struct BrokerLimits {
  std::size_t packet_bytes_max = std::numeric_limits<std::size_t>::max();
  std::uint16_t receive_maximum = 65535;
  std::uint8_t qos_max = 2;
  bool retain = true;
};

/// Why no connection came about.
struct ConnectFailure {
  /// The broker's, when it was the broker that refused; else there was none to ask.
  std::optional<Reason> reason;
  bool speaks_not_this_version = false;  ///< it may speak an older one
  std::string what;                      ///< for a person
};

/// What a connection tells. *Threads*: called on Paho's, with Paho's lock held: must not block, nor call the Publisher.
class PublisherObserver {
 public:
  virtual ~PublisherObserver() = default;
  virtual void connected(const BrokerLimits& limits) = 0;
  virtual void not_connected(ConnectFailure failure) = 0;
  /// Publishes end unanswered, with the connection: lost() is about to follow.
  virtual void ending() = 0;
  virtual void lost(std::string why) = 0;
  virtual void answered(std::uint64_t ticket, Reason reason) = 0;
};

/// How to reach a broker.
struct PublisherSetup {
  BrokerAddress broker;
  std::string client_id;
  std::optional<std::string> user;
  Secret password;
  Version version = Version::v5;
  std::chrono::seconds keep_alive{60};
  milliseconds connect_timeout{10'000};
  int in_flight_max =
      1;  ///< open publishes at QoS 1 and 2; the rest waits its turn. The broker may want fewer (MQTT 5)
  SinkTlsOptions tls;
};

/// One connection to a broker for publishing, on Eclipse Paho: it is made once, and over when it is lost. Keeps nothing
/// on disk and sends nothing again by itself. What Paho throws ends here.
/// *Threads*: one user at a time.
class Publisher {
 public:
  /// Connects to nothing yet. The observer outlives it. *Errors*: unavailable, when Paho has no memory.
  static Result<std::unique_ptr<Publisher>> create(PublisherSetup setup, PublisherObserver& observer);
  virtual ~Publisher() = default;  ///< After it the observer is not called any more.

  /// Starts to connect; the observer hears how it ends. *Errors*: unavailable, and the observer hears nothing.
  virtual Status connect() = 0;
  /// Starts one publish; the observer hears the broker's answer under `ticket`. What `message` holds is copied. At most
  /// as many may be open as the broker said and limits::kPublishesOpenMax: past that Paho holds a publish back, and
  /// looks only once a second whether it can go.
  /// *Errors*: unavailable, when it was certainly not sent; the observer hears nothing of it.
  virtual Status publish(const Outgoing& message, std::uint8_t qos, bool retain, std::uint64_t ticket) = 0;
};

}  // namespace tidegate::mqtt
