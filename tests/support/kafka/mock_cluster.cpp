#include "tests/support/kafka/mock_cluster.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace tidegate::testing {

namespace {

constexpr int kTimeoutMs = 30'000;

KafkaHandle make_handle(rd_kafka_type_t type, const std::vector<std::pair<const char*, std::string>>& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> words{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), words.data(), words.size()) != RD_KAFKA_CONF_OK) {
      std::fprintf(stderr, "%s: %s\n", name, words.data());
      std::abort();
    }
  }
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  KafkaHandle handle(rd_kafka_new(type, conf, words.data(), words.size()));
  if (handle) return handle;
  std::fprintf(stderr, "librdkafka: %s\n", words.data());
  std::abort();
}

ConsumedMessage copy_of(const rd_kafka_message_t& from) {
  ConsumedMessage message;
  message.topic = rd_kafka_topic_name(from.rkt);
  message.partition = from.partition;
  message.offset = from.offset;
  message.has_value = from.payload != nullptr;
  if (message.has_value) message.value.assign(static_cast<const char*>(from.payload), from.len);
  message.has_key = from.key != nullptr;
  if (message.has_key) message.key.assign(static_cast<const char*>(from.key), from.key_len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return message;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    message.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
  return message;
}

}  // namespace

MockCluster::MockCluster(int brokers)
    : handle_(make_handle(RD_KAFKA_PRODUCER, {})), cluster_(rd_kafka_mock_cluster_new(handle_.get(), brokers)) {
  if (!cluster_) std::abort();
}

std::string MockCluster::bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

void MockCluster::create_topic(const std::string& topic, int partitions) {
  rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), partitions, 1);
}

void MockCluster::set_down(int broker) { rd_kafka_mock_broker_set_down(cluster_.get(), broker); }
void MockCluster::set_up(int broker) { rd_kafka_mock_broker_set_up(cluster_.get(), broker); }

void MockCluster::set_leader(const std::string& topic, int partition, int broker) {
  rd_kafka_mock_partition_set_leader(cluster_.get(), topic.c_str(), partition, broker);
}

void MockCluster::answer_next(KafkaRequest request, const std::vector<rd_kafka_resp_err_t>& errors) {
  rd_kafka_mock_push_request_errors_array(cluster_.get(), static_cast<std::int16_t>(request), errors.size(),
                                          errors.data());
}

void MockCluster::delay_next(int broker, KafkaRequest request, std::chrono::milliseconds delay) {
  rd_kafka_mock_broker_push_request_error_rtts(cluster_.get(), broker, static_cast<std::int16_t>(request), 1,
                                               RD_KAFKA_RESP_ERR_NO_ERROR, static_cast<int>(delay.count()));
}

void MockCluster::fail_topic(const std::string& topic, rd_kafka_resp_err_t error) {
  rd_kafka_mock_topic_set_error(cluster_.get(), topic.c_str(), error);
}

std::string ConsumedMessage::header(const std::string& name) const {
  std::string found;
  for (const auto& [key_of, text] : headers) {
    if (key_of == name) found = text;
  }
  return found;
}

MockReader::MockReader(const std::string& bootstrap, const std::string& topic, int partitions)
    : topic_(topic),
      partitions_(partitions),
      consumer_(make_handle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap},
                                                {"group.id", "tests"},
                                                {"enable.auto.commit", "false"},
                                                {"fetch.wait.max.ms", "50"},
                                                {"reconnect.backoff.ms", "50"},
                                                {"reconnect.backoff.max.ms", "200"}})),
      next_(static_cast<std::size_t>(partitions)) {
  rd_kafka_poll_set_consumer(consumer_.get());
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = 0;
  rd_kafka_assign(consumer_.get(), list);
  rd_kafka_topic_partition_list_destroy(list);
}

std::vector<ConsumedMessage> MockReader::read(std::chrono::milliseconds at_most) {
  std::vector<ConsumedMessage> out;
  int timeout = static_cast<int>(at_most.count());
  while (rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer_.get(), timeout)) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      out.push_back(copy_of(*message));
      next_[static_cast<std::size_t>(message->partition)] = message->offset + 1;
      timeout = 0;
    }
    rd_kafka_message_destroy(message);
  }
  return out;
}

std::optional<std::int64_t> MockReader::end_of(int partition) {
  std::int64_t low = 0, high = 0;
  if (rd_kafka_query_watermark_offsets(consumer_.get(), topic_.c_str(), partition, &low, &high, kTimeoutMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  return high;
}

std::uint64_t MockReader::written() {
  std::uint64_t all = 0;
  for (int i = 0; i < partitions_; ++i) all += static_cast<std::uint64_t>(end_of(i).value_or(0));
  return all;
}

std::vector<ConsumedMessage> MockReader::read_to_end() {
  std::vector<ConsumedMessage> out;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  for (int i = 0; i < partitions_; ++i) {
    const std::int64_t end = end_of(i).value_or(0);
    while (next_[static_cast<std::size_t>(i)] < end && std::chrono::steady_clock::now() < give_up) {
      for (ConsumedMessage& message : read(std::chrono::milliseconds(100))) out.push_back(std::move(message));
    }
  }
  return out;
}

}  // namespace tidegate::testing
