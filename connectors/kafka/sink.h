#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kafka/flights.h"
#include "connectors/kafka/message.h"
#include "connectors/kafka/options.h"
#include "connectors/kafka/producer.h"
#include "gateway/base/log.h"

namespace tidegate::kafka {

/// Produces batches, one message per event. Below `timeout.delivery` librdkafka repeats what a broker refused for now
/// and finds new leaders, in order; past it, or when the producer says that it cannot keep its order, everything that
/// is open ends, and the next batch gets a new producer.
class KafkaSink final : public Sink {
 public:
  KafkaSink(const ConnectorContext& context, const SinkOptions& options);
  ~KafkaSink() override;
  KafkaSink(const KafkaSink&) = delete;
  KafkaSink& operator=(const KafkaSink&) = delete;

  [[nodiscard]] SinkLimits limits() const noexcept override;
  /// Asks for the cluster and the topic; the producer stays for the events to come. *Errors*: not_found: the topic does
  /// not exist; refused: the credential, or the right to the topic.
  Status connect(Deadline deadline, std::stop_token stop) override;
  void submit(Batch batch) override;
  std::vector<Settled> wait(Deadline deadline, std::stop_token stop) override;
  void wake() noexcept override;
  bool refresh_credentials() override;
  /// *Blocks* until librdkafka's threads have ended: a moment, unless a broker's name is being resolved.
  void close() noexcept override;

 private:
  /// A batch, or what is left of it, that is to be handed to the producer.
  struct Outbound {
    std::vector<const OutEvent*> events;
    std::size_t next = 0;
    std::uint64_t first_ticket = 0;
    std::size_t failures_seen = 0;
    std::unordered_set<std::string_view> held;  ///< subjects of which nothing may leave any more
  };

  Status open_producer();
  void end_producer();
  Status judge_view(const ClusterView& view) const;
  void advance();
  void watch();
  void fit_requests();
  void give_up(const std::string& why, Cause cause);
  void produce_more();
  bool produce_some(Outbound& out);
  rd_kafka_resp_err_t hand_over(const OutEvent& event, std::uint64_t ticket, const Outbound& out);
  [[nodiscard]] std::string without_secrets(std::string reason) const;
  [[nodiscard]] SteadyTime next_timer() const;

  const Clock& clock_;
  const Log log_;
  const std::string client_id_;
  SinkOptions options_;
  MessageWriter writer_;
  Flights flights_;
  std::unique_ptr<Producer> producer_;  ///< after flights_, which it reports to
  /// The producer takes nothing more: it ends when everything that it has is reported.
  bool draining_ = false;
  bool resized_ = false;               ///< request_bytes_ has changed since producer_ was made
  std::size_t request_bytes_;          ///< of a new producer
  std::size_t delivered_of_size_ = 0;  ///< messages delivered since request_bytes_ changed
  std::deque<Outbound> outbox_;
  std::vector<Settled> settled_;
  Outgoing message_;  ///< used again from event to event
};

}  // namespace tidegate::kafka
