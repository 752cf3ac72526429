#include "gateway/trial/program_check.h"

#include <fmt/format.h>

#include "gateway/transform/jq/runner.h"

namespace tidegate {

void check_jq_programs(const Config& config, Diagnostics& diagnostics) {
  for (const RouteConfig& route : config.routes) {
    if (!route.transform || !route.transform->jq) continue;
    const JqSource& source = *route.transform->jq;
    const auto runner = JqRunner::start(source.text);
    if (runner) continue;
    const std::string said = fmt::format("routes.{}.transform.jq: {}", route.name, runner.error().message);
    if (runner.error().code == ErrorCode::invalid) {
      diagnostics.error(source.at, said);
    } else {
      diagnostics.warning(source.at, said);
    }
  }
}

}  // namespace tidegate
