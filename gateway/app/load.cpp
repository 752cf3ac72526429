#include "gateway/app/load.h"

#include <cstdio>

#include "connectors/connector.h"
#include "gateway/trial/program_check.h"

namespace tidegate {

namespace {

std::optional<Config> told(LoadedConfig loaded) {
  const std::string said = loaded.diagnostics.text();
  std::fwrite(said.data(), 1, said.size(), stderr);
  return std::move(loaded.config);
}

}  // namespace

void check_programs(LoadedConfig& loaded) {
  if (!loaded.config) return;
  check_jq_programs(*loaded.config, loaded.diagnostics);
  if (loaded.diagnostics.errors() > 0) loaded.config.reset();
}

std::optional<Config> load_for_command(const CommonOptions& common) {
  return told(load_config(common.config_file, connector_types()));
}

std::optional<Config> load_to_shape(const CommonOptions& common) {
  LoadedConfig loaded = load_config(common.config_file, connector_types());
  check_programs(loaded);
  return told(std::move(loaded));
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
