#include "gateway/app/load.h"

#include <cstdio>

#include "connectors/connector.h"

namespace tidegate {

std::optional<Config> load_for_command(const CommonOptions& common) {
  LoadedConfig loaded = load_config(common.config_file, connector_types());
  const std::string said = loaded.diagnostics.text();
  std::fwrite(said.data(), 1, said.size(), stderr);
  return std::move(loaded.config);
}

bool print(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

void complain(std::string_view message) {
  const std::string line = "tidegate: " + std::string(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int failed(const Error& error) {
  complain(error.message);
  return error.code == ErrorCode::invalid ? kExitUsage : kExitFailed;
}

}  // namespace tidegate
