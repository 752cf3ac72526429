#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidegate::testing {

struct DestroyKafka {
  void operator()(rd_kafka_t* handle) const noexcept { rd_kafka_destroy(handle); }
  void operator()(rd_kafka_mock_cluster_t* cluster) const noexcept { rd_kafka_mock_cluster_destroy(cluster); }
};
using KafkaHandle = std::unique_ptr<rd_kafka_t, DestroyKafka>;

/// Requests of the protocol by their keys.
enum class KafkaRequest : std::int16_t { produce = 0, metadata = 3, init_producer_id = 22 };

/// librdkafka's mock cluster: brokers on loopback ports that the kernel chooses, in this process. They keep what was
/// produced in memory, at most 5 MiB per partition, and look at no sequence numbers: what is sent twice is there twice.
/// *Threads*: safe from any.
class MockCluster {
 public:
  static constexpr int kAll = -1;

  explicit MockCluster(int brokers = 3);

  /// "127.0.0.1:1234,127.0.0.1:1235"
  [[nodiscard]] std::string bootstrap() const;
  void create_topic(const std::string& topic, int partitions);
  /// The broker's connections end, and it takes none until it is up. Its partitions keep it as their leader.
  void set_down(int broker);
  void set_up(int broker);
  void set_leader(const std::string& topic, int partition, int broker);
  /// The next requests of this kind get these answers, whichever broker they reach.
  void answer_next(KafkaRequest request, const std::vector<rd_kafka_resp_err_t>& errors);
  /// The next request of this kind to this broker is answered so late. It is taken at once.
  void delay_next(int broker, KafkaRequest request, std::chrono::milliseconds delay);
  void fail_topic(const std::string& topic, rd_kafka_resp_err_t error);

 private:
  KafkaHandle handle_;
  std::unique_ptr<rd_kafka_mock_cluster_t, DestroyKafka> cluster_;
};

/// A message as a consumer finds it.
struct ConsumedMessage {
  std::string topic, key, value;
  bool has_key = false, has_value = false;  ///< it is not null
  int partition = 0;
  std::int64_t offset = 0;
  std::vector<std::pair<std::string, std::string>> headers;

  /// Of the last header of this name; empty: there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// Reads the partitions of a topic from their beginning, with a consumer of its own. *Threads*: one user at a time.
class MockReader {
 public:
  MockReader(const std::string& bootstrap, const std::string& topic, int partitions);

  /// What has come since the last call. *Blocks* until something has, or for `at_most`.
  std::vector<ConsumedMessage> read(std::chrono::milliseconds at_most);
  /// Messages that the partitions were ever given.
  std::uint64_t written();
  /// Everything that the partitions hold now, behind what was read.
  std::vector<ConsumedMessage> read_to_end();

 private:
  /// The offset behind the last message; nullopt: the cluster does not say.
  std::optional<std::int64_t> end_of(int partition);

  std::string topic_;
  int partitions_;
  KafkaHandle consumer_;
  std::vector<std::int64_t> next_;  ///< offset, by partition
};

}  // namespace tidegate::testing
