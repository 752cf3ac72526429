#include "fake_connectors.h"

#include <chrono>
#include <map>

#include "gateway/routing/topic_filter.h"

namespace tidegate {

using namespace std::chrono_literals;

namespace {

const OptionTable* source_options() {
  static const auto table = OptionTableOf<FakeSource>("A source.")
                                .required("broker", &FakeSource::broker, "Where the broker is.")
                                .option("client_id", &FakeSource::client_id, "Name towards the broker.")
                                .option("keep_alive", &FakeSource::keep_alive, "Keep alive.", between(1s, 18h))
                                .secret("password", &FakeSource::password, "Password.")
                                .option("subscribe", &FakeSource::subscribe, "Topics.");
  return &table;
}

const OptionTable* sink_options() {
  static const auto table = OptionTableOf<FakeSink>("A sink.")
                                .required("url", &FakeSink::url, "Where events go.")
                                .file("ca_file", &FakeSink::ca_file, "Certificates to trust.")
                                .secret("token", &FakeSink::token, "Token.");
  return &table;
}

Status wants_a_capture(const std::any&, const TopicFilter& route) {
  if (route.text().find('{') != std::string::npos) return {};
  return Error{ErrorCode::invalid, "wants a capture"};
}

}  // namespace

const std::vector<ConnectorType>& fake_types() {
  static const std::vector<ConnectorType> types{
      {"mqtt", "From a broker.", source_options, nullptr, nullptr, nullptr},
      {"http", "To an endpoint.", nullptr, nullptr, sink_options, nullptr},
      {"kafka", "Both ways.", source_options, nullptr, sink_options, nullptr},
      {.name = "picky",
       .summary = "Only events with captures.",
       .sink_options = sink_options,
       .check_sink_route = wants_a_capture},
  };
  return types;
}

LoadedConfig load_text(std::string_view text) {
  static const std::map<std::string, std::string> variables{
      {"HOME_BROKER", "mqtt://home"}, {"PORT", "8883"}, {"EMPTY", ""}, {"BAD", "\xff"}};
  return load_config_text(text, "/etc/tidegate/site.yaml", fake_types(),
                          [](const std::string& name) -> std::optional<std::string> {
                            const auto it = variables.find(name);
                            return it == variables.end() ? std::nullopt : std::optional(it->second);
                          });
}

}  // namespace tidegate
