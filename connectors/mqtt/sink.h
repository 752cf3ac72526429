#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/mqtt/flights.h"
#include "connectors/mqtt/outgoing.h"
#include "connectors/mqtt/publisher.h"
#include "connectors/mqtt/sink_options.h"
#include "gateway/base/log.h"

namespace tidegate::mqtt {

/// Publishes batches to a broker, one message per event, many in flight. A batch that comes while there is no
/// connection starts one and waits for it, for at most connect_timeout.
class MqttSink final : public Sink {
 public:
  MqttSink(const ConnectorContext& context, const SinkOptions& options);
  ~MqttSink() override;
  MqttSink(const MqttSink&) = delete;
  MqttSink& operator=(const MqttSink&) = delete;

  [[nodiscard]] SinkLimits limits() const noexcept override;
  /// Connects, TLS and CONNECT included; the connection stays for the events to come.
  Status connect(Deadline deadline, std::stop_token stop) override;
  void submit(Batch batch) override;
  std::vector<Settled> wait(Deadline deadline, std::stop_token stop) override;
  void wake() noexcept override;
  bool refresh_credentials() override;
  /// *Blocks* for a moment when it was the last connection of the process: Paho then ends its threads.
  void close() noexcept override;

 private:
  [[nodiscard]] bool has_link() const;
  Status open_link();
  Status dial(Version version);
  void advance();
  void watch_link();
  void greet(const BrokerLimits& limits);
  void link_refused(ConnectFailure failure);
  void link_ending();
  void link_lost(const std::string& why);
  void give_up_link();
  void publish_more();
  bool publish(const OutEvent& event, std::uint64_t ticket);
  void end_all(const std::string& why, Cause cause);
  [[nodiscard]] SteadyTime next_timer() const;

  const Clock& clock_;
  const Log log_;
  const std::string client_id_;
  SinkOptions options_;
  const MessageWriter writer_;
  Flights flights_;
  std::unique_ptr<Publisher> publisher_;  ///< after flights_, which it reports to
  Version version_ = Version::v5;         ///< of publisher_
  SteadyTime connect_by_{};               ///< of publisher_, while it connects
  std::optional<SteadyTime> loss_by_;     ///< of publisher_, once its connection is ending
  int dials_ = 0;                         ///< attempts since open_link()
  bool greeted_ = false;                  ///< publisher_'s connection stands, and batches leave
  BrokerLimits broker_limits_;
  std::size_t window_ = 0;  ///< publishes that may be open
  ConnectFailure last_failure_;
  /// A batch, or what is left of it, that waits for the connection or for room in the window.
  struct Outbound {
    std::vector<const OutEvent*> events;
    std::size_t next = 0;
    std::uint64_t first_ticket = 0;
  };
  std::deque<Outbound> outbox_;
  std::vector<Settled> settled_;
  Outgoing message_;  ///< reused from event to event
};

}  // namespace tidegate::mqtt
