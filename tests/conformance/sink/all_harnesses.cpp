#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/conformance/sink/sink_harness.h"

namespace tidegate::testing {

BarePort::BarePort(bool listening) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listening ? listen(socket_, 16) : 0, 0);
  EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
}

BarePort::~BarePort() { ::close(socket_); }

const std::vector<HarnessRow>& all_harnesses() {
  static const std::vector<HarnessRow> rows = {{"AwsS3", make_aws_s3_harness},
                                               {"AzureEventGrid", make_azure_event_grid_harness},
                                               {"AzureEventHubs", make_azure_event_hubs_harness},
                                               {"Elasticsearch", make_elasticsearch_harness},
                                               {"File", make_file_harness},
                                               {"GcpPubsub", make_gcp_pubsub_harness},
                                               {"Http", make_http_harness},
                                               {"Influxdb", make_influxdb_harness},
                                               {"Kafka", make_kafka_harness},
                                               {"Loki", make_loki_harness},
                                               {"Mqtt", make_mqtt_harness},
                                               {"SplunkHec", make_splunk_hec_harness},
                                               {"AwsEventBridge", make_aws_eventbridge_harness},
                                               {"AwsFirehose", make_aws_firehose_harness},
                                               {"AwsKinesis", make_aws_kinesis_harness},
                                               {"AwsLambda", make_aws_lambda_harness},
                                               {"AwsSns", make_aws_sns_harness},
                                               {"AwsSqs", make_aws_sqs_harness}};
  return rows;
}

}  // namespace tidegate::testing
