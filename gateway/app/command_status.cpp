#include <nlohmann/json.hpp>

#include "gateway/app/commands.h"
#include "gateway/app/gateway_status.h"
#include "gateway/app/load.h"
#include "gateway/app/orphan_text.h"
#include "gateway/app/status_text.h"

namespace tidegate {

using nlohmann::json;

int status_command(const CommonOptions& common) {
  const std::optional<Config> config = load_for_command(common);
  if (!config) return kExitUsage;
  const auto status = gateway_status(*config);
  if (!status) {
    complain(status.error().message);
    return kExitFailed;
  }
  const std::string text = common.json ? status->dump(2, ' ', false, json::error_handler_t::replace) + "\n"
                                       : status_text(*status) + orphan_text(*status, common.config_file);
  return print(text) ? kExitFine : kExitFailed;
}

}  // namespace tidegate
