#include "tests/conformance/source/source_harness.h"

namespace tidegate::test {

bool is_ok(const Health& health, const std::string& component) {
  const auto entries = health.entries();
  const auto found = entries.find(component);
  return found != entries.end() && found->second.state == HealthState::ok;
}

const std::vector<SourceRow>& source_harnesses() {
  static const std::vector<SourceRow> rows = {{"Mqtt", make_mqtt_source_harness},
                                              {"MqttListener", make_mqtt_listener_harness},
                                              {"Directory", make_directory_source_harness},
                                              {"Http", make_http_source_harness},
                                              {"AwsSqs", make_sqs_source_harness}};
  return rows;
}

}  // namespace tidegate::test
