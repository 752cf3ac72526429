#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/config/option_table.h"

namespace tidegate {

/// Stand-ins for connectors, so that these tests depend on no protocol. They are read, never made.
struct FakeSource {
  std::string broker;
  std::string client_id;
  milliseconds keep_alive{60'000};
  StoredSecret password;
  std::vector<std::string> subscribe;
};
struct FakeSink {
  std::string url;
  std::filesystem::path ca_file;
  StoredSecret token;
};

/// "mqtt" (source), "http" (sink) and "kafka" (both).
const std::vector<ConnectorType>& fake_types();

/// Loads a text as "/etc/tidegate/site.yaml" with HOME_BROKER=mqtt://home, PORT=8883, EMPTY= and BAD=\xff set.
LoadedConfig load_text(std::string_view text);

}  // namespace tidegate
