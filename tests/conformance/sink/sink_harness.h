#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "connectors/connector.h"

namespace tidegate::testing {

/// What the suite needs to know of one kind of sink: how to make it in front of peers of every temper. A new sink adds
/// one of these, and a row in all_harnesses().
class SinkHarness {
 public:
  virtual ~SinkHarness() = default;
  /// In front of a peer that takes everything.
  virtual std::unique_ptr<Sink> to_peer() = 0;
  /// In front of an address where nobody listens.
  virtual std::unique_ptr<Sink> to_nobody() = 0;
  /// In front of a peer that takes what is sent and never answers. The sink gives up after `timeout`. Null: what it has
  /// in front of it holds the caller until it answers, as a disk does.
  virtual std::unique_ptr<Sink> to_silence(milliseconds timeout) = 0;
  /// In front of a peer with which no connection ever comes about, and none is refused. Null: see to_silence().
  virtual std::unique_ptr<Sink> to_limbo() = 0;
  /// Ids of the events that the peer of to_peer() took, in their order.
  virtual std::vector<std::string> arrived() = 0;
};

struct HarnessRow {
  const char* name;
  std::unique_ptr<SinkHarness> (*make)();
  friend void PrintTo(const HarnessRow& row, std::ostream* out) { *out << row.name; }
};
/// Every sink of this repository. Defined in all_harnesses.cpp.
const std::vector<HarnessRow>& all_harnesses();

std::unique_ptr<SinkHarness> make_aws_s3_harness();
std::unique_ptr<SinkHarness> make_azure_event_grid_harness();
std::unique_ptr<SinkHarness> make_azure_event_hubs_harness();
std::unique_ptr<SinkHarness> make_elasticsearch_harness();
std::unique_ptr<SinkHarness> make_aws_eventbridge_harness();
std::unique_ptr<SinkHarness> make_aws_firehose_harness();
std::unique_ptr<SinkHarness> make_aws_kinesis_harness();
std::unique_ptr<SinkHarness> make_aws_lambda_harness();
std::unique_ptr<SinkHarness> make_aws_sns_harness();
std::unique_ptr<SinkHarness> make_aws_sqs_harness();
std::unique_ptr<SinkHarness> make_file_harness();
std::unique_ptr<SinkHarness> make_gcp_pubsub_harness();
std::unique_ptr<SinkHarness> make_http_harness();
std::unique_ptr<SinkHarness> make_influxdb_harness();
std::unique_ptr<SinkHarness> make_kafka_harness();
std::unique_ptr<SinkHarness> make_loki_harness();
std::unique_ptr<SinkHarness> make_mqtt_harness();
std::unique_ptr<SinkHarness> make_splunk_hec_harness();

/// A port on loopback that is bound: with `listening` the kernel accepts connections and nobody answers them, without
/// it every connection is refused.
class BarePort {
 public:
  explicit BarePort(bool listening);
  ~BarePort();
  BarePort(const BarePort&) = delete;
  BarePort& operator=(const BarePort&) = delete;
  [[nodiscard]] int number() const noexcept { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace tidegate::testing
