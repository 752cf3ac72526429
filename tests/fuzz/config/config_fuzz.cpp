#include "config_fuzz.h"

#include "gateway/base/limits.h"
#include "gateway/config/limits.h"
#include "tests/fuzz/require.h"
#include "tests/unit/config/fake_connectors.h"

namespace tidegate {

using test::require;

void load_any_bytes(std::string_view bytes) {
  const LoadedConfig loaded = load_text(bytes);
  require(loaded.config.has_value() == (loaded.diagnostics.errors() == 0), "a config exactly when there is no error");
  require(loaded.diagnostics.sorted().size() <= limits::kDiagnosticsMax, "at most so many diagnostics");
  if (!loaded.config) {
    require(!loaded.diagnostics.text().empty(), "a refusal has a reason");
    return;
  }
  std::size_t lanes = 0;
  for (const RouteConfig& route : loaded.config->routes) {
    require(!route.to.empty(), "every route leads somewhere");
    for (const std::string& sink : route.to) require(loaded.config->sink(sink) != nullptr, "every sink named is there");
    lanes += route.to.size();
  }
  require(lanes <= limits::kLanesMax, "at most so many lanes");
}

}  // namespace tidegate
