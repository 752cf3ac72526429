#include "tests/conformance/source/source_harness.h"

namespace tidegate::test {

const std::vector<SourceRow>& source_harnesses() {
  static const std::vector<SourceRow> rows = {{"Mqtt", make_mqtt_source_harness},
                                              {"MqttListener", make_mqtt_listener_harness},
                                              {"Directory", make_directory_source_harness},
                                              {"Http", make_http_source_harness}};
  return rows;
}

}  // namespace tidegate::test
