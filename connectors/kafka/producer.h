#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/judge.h"
#include "connectors/kafka/message.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/result.h"

namespace tidegate::kafka {

/// How the message handed over under `ticket` ended.
struct Report {
  std::uint64_t ticket = 0;
  Ending ending;
};

/// What a producer tells. *Threads*: called on one thread of librdkafka's; must not end the producer.
class ProducerObserver {
 public:
  virtual ~ProducerObserver() = default;
  virtual void reported(std::span<const Report> reports) = 0;
  /// Of a connection, or (`fatal`) of the producer as a whole, which takes no more messages.
  virtual void failed(rd_kafka_resp_err_t error, std::string words, bool fatal) = 0;
};

/// Settings of librdkafka, by its names.
using Properties = std::vector<std::pair<std::string, std::string>>;
/// `request_bytes`: of a request to a partition. Holds secrets.
Properties properties_for(const SinkOptions& options, std::string client_id, std::size_t request_bytes);

/// What the cluster says of itself.
struct ClusterView {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_resp_err_t topic_error = RD_KAFKA_RESP_ERR_NO_ERROR;
  int partitions = 0;  ///< of the topic that was asked for
};

/// An idempotent producer on librdkafka. Its threads report to the observer: nothing waits to be fetched, so that it
/// may be left alone for as long as there is nothing to send. What it is given and does not copy stays until the
/// report. *Threads*: one user at a time.
class Producer {
 public:
  /// Reaches for no broker yet. `observer` and `log` outlive it. *Errors*: invalid, when librdkafka does not take the
  /// settings (a certificate that cannot be read); unavailable, when it cannot start.
  static Result<std::unique_ptr<Producer>> create(const Properties& properties, std::size_t request_bytes,
                                                  ProducerObserver& observer, const Log& log);
  /// Forgets what is open, without a report. *Blocks* until librdkafka's threads have ended, which a name that is being
  /// resolved delays.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Hands one message over; it is reported under `ticket`. *Errors*: as librdkafka says, and nothing is reported:
  /// __QUEUE_FULL, __FATAL, MSG_SIZE_TOO_LARGE, __UNKNOWN_TOPIC.
  rd_kafka_resp_err_t produce(const Outgoing& message, std::uint64_t ticket);
  /// Makes librdkafka report everything that is open, soon, as purged.
  void purge();
  /// Asks for the cluster's brokers, and for `topic` unless it is empty. *Blocks* until the answer or for `timeout`.
  ClusterView look(const std::string& topic, milliseconds timeout);
  [[nodiscard]] std::size_t topics() const noexcept { return topics_.size(); }

 private:
  struct Destroy {
    void operator()(rd_kafka_t* handle) const noexcept { rd_kafka_destroy(handle); }
    void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
    void operator()(rd_kafka_topic_t* topic) const noexcept { rd_kafka_topic_destroy(topic); }
  };
  using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy>;

  Producer(std::size_t request_bytes, ProducerObserver& observer, const Log& log)
      : request_bytes_(request_bytes), observer_(observer), log_(log) {}
  rd_kafka_topic_t* topic(const std::string& name);
  static void on_event(rd_kafka_t* handle, rd_kafka_event_t* event, void* self);
  static void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text);
  void report(rd_kafka_t* handle, rd_kafka_event_t* event);
  void fail(rd_kafka_t* handle, rd_kafka_event_t* event);

  const std::size_t request_bytes_;
  ProducerObserver& observer_;
  const Log& log_;
  std::vector<Report> reports_;  ///< librdkafka's thread's, used again
  std::vector<const rd_kafka_message_t*> messages_;
  std::unique_ptr<rd_kafka_t, Destroy> handle_;
  std::map<std::string, Topic, std::less<>> topics_;  ///< end before handle_
};

}  // namespace tidegate::kafka
