#include "gateway/app/commands.h"
#include "gateway/app/load.h"
#include "gateway/app/supervisor.h"
#include "gateway/app/version.h"
#include "gateway/base/log.h"

namespace tidegate {

int run_command(const CommonOptions& common) {
  const std::optional<Config> config = load_to_shape(common);
  if (!config) return kExitUsage;
  log_setup(config->gateway.log.level, config->gateway.log.format);
  const Log log("gateway");
  log.info("tidegate {} starts as \"{}\", config {}", version(), config->gateway.id, common.config_file.string());
  if (config->spool.sync == SyncMode::full) {
    log.info("sync: full: what is acknowledged survives a power cut");
  } else {
    log.warn("sync: normal: what is acknowledged survives a crash, but a power cut may take the last moments");
  }
  const SystemClock clock;
  Supervisor supervisor(*config, clock, ServiceNotify::from_environment());
  supervisor.handle_signals();
  return supervisor.run() ? kExitFine : kExitFailed;
}

}  // namespace tidegate
