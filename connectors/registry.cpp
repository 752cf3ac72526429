#include "connectors/aws_s3/aws_s3.h"
#include "connectors/azure_event_grid/azure_event_grid.h"
#include "connectors/azure_event_hubs/azure_event_hubs.h"
#include "connectors/connector.h"
#include "connectors/directory/directory.h"
#include "connectors/elasticsearch/elasticsearch.h"
#include "connectors/file/file.h"
#include "connectors/gcp_pubsub/gcp_pubsub.h"
#include "connectors/http/http.h"
#include "connectors/http/ingest/ingest.h"
#include "connectors/influxdb/influxdb.h"
#include "connectors/kafka/kafka.h"
#include "connectors/loki/loki.h"
#include "connectors/mqtt/mqtt.h"
#include "connectors/mqtt_listener/mqtt_listener.h"
#include "connectors/splunk_hec/splunk_hec.h"

namespace tidegate {

const std::vector<ConnectorType>& connector_types() {
  static const std::vector<ConnectorType> types = {
      {.name = "mqtt",
       .summary = "MQTT 5 and 3.1.1 brokers",
       .source_options = mqtt_source_options,
       .make_source = make_mqtt_source,
       .sink_options = mqtt_sink_options,
       .make_sink = make_mqtt_sink,
       .check_sink_route = check_mqtt_sink_route,
       .judge_answer = judge_mqtt_answer,
       .answers = "a reason code of MQTT 5 (0x97)",
       .preview = preview_mqtt,
       .source_scope = mqtt_source_scope},
      {.name = "mqtt_listener",
       .summary = "MQTT 5 and 3.1.1 clients that connect to the gateway",
       .source_options = mqtt_listener_options,
       .make_source = make_mqtt_listener},
      {.name = "http",
       .summary = "HTTP and HTTPS: programs that send, endpoints that receive",
       .source_options = http_source_options,
       .make_source = make_http_source,
       .sink_options = http_sink_options,
       .make_sink = make_http_sink,
       .judge_answer = judge_http_answer,
       .answers = "an HTTP status",
       .preview = preview_http},
      {.name = "directory",
       .summary = "files that programs drop into a folder",
       .source_options = directory_source_options,
       .make_source = make_directory_source,
       .source_scope = directory_source_scope},
      {.name = "file",
       .summary = "files of lines: NDJSON and CSV",
       .sink_options = file_sink_options,
       .make_sink = make_file_sink,
       .check_sink_route = check_file_sink_route,
       .preview = preview_file},
      {.name = "kafka",
       .summary = "Apache Kafka, and what speaks its protocol",
       .sink_options = kafka_sink_options,
       .make_sink = make_kafka_sink,
       .check_sink_route = check_kafka_sink_route,
       .judge_answer = judge_kafka_answer,
       .answers = "an error code of Kafka by its name (NOT_ENOUGH_REPLICAS)",
       .preview = preview_kafka},
      {.name = "aws_s3",
       .summary = "objects in Amazon S3, and stores that speak like it",
       .sink_options = aws_s3_sink_options,
       .make_sink = make_aws_s3_sink,
       .delivery_defaults = aws_s3_delivery_defaults,
       .check_sink_route = check_aws_s3_sink_route,
       .judge_answer = judge_aws_s3_answer,
       .answers = "an HTTP status, or an error code of S3 (SlowDown)",
       .preview = preview_aws_s3},
      {.name = "gcp_pubsub",
       .summary = "topics of Google Cloud Pub/Sub",
       .sink_options = gcp_pubsub_sink_options,
       .make_sink = make_gcp_pubsub_sink,
       .check_sink_route = check_gcp_pubsub_sink_route,
       .judge_answer = judge_gcp_pubsub_answer,
       .answers = "an HTTP status, or a code of Google's (RESOURCE_EXHAUSTED)",
       .preview = preview_gcp_pubsub},
      {.name = "azure_event_grid",
       .summary = "topics of Azure Event Grid",
       .sink_options = azure_event_grid_sink_options,
       .make_sink = make_azure_event_grid_sink,
       .judge_answer = judge_azure_event_grid_answer,
       .answers = "an HTTP status",
       .preview = preview_azure_event_grid},
      {.name = "azure_event_hubs",
       .summary = "Azure Event Hubs over HTTPS",
       .sink_options = azure_event_hubs_sink_options,
       .make_sink = make_azure_event_hubs_sink,
       .check_sink_route = check_azure_event_hubs_sink_route,
       .judge_answer = judge_azure_event_hubs_answer,
       .answers = "an HTTP status",
       .preview = preview_azure_event_hubs},
      {.name = "influxdb",
       .summary = "InfluxDB 1, 2 and 3: points in line protocol",
       .sink_options = influxdb_sink_options,
       .make_sink = make_influxdb_sink,
       .check_sink_route = check_influxdb_sink_route,
       .judge_answer = judge_influxdb_answer,
       .answers = "an HTTP status",
       .preview = preview_influxdb},
      {.name = "elasticsearch",
       .summary = "Elasticsearch and OpenSearch: documents",
       .sink_options = elasticsearch_sink_options,
       .make_sink = make_elasticsearch_sink,
       .check_sink_route = check_elasticsearch_sink_route,
       .judge_answer = judge_elasticsearch_answer,
       .answers = "an HTTP status",
       .preview = preview_elasticsearch},
      {.name = "splunk_hec",
       .summary = "Splunk, by its HTTP event collector",
       .sink_options = splunk_hec_sink_options,
       .make_sink = make_splunk_hec_sink,
       .check_sink_route = check_splunk_hec_sink_route,
       .judge_answer = judge_splunk_hec_answer,
       .answers = "an HTTP status",
       .preview = preview_splunk_hec},
      {.name = "loki",
       .summary = "Grafana Loki: log lines",
       .sink_options = loki_sink_options,
       .make_sink = make_loki_sink,
       .check_sink_route = check_loki_sink_route,
       .judge_answer = judge_loki_answer,
       .answers = "an HTTP status",
       .preview = preview_loki},
  };
  return types;
}

}  // namespace tidegate
