#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stop_token>

#include "connectors/connector.h"
#include "gateway/app/commands.h"
#include "gateway/app/limits.h"
#include "gateway/app/load.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// What trying one sink gave.
struct Trial {
  std::string sink;
  Status status;
};

std::vector<Trial> try_sinks(const Config& config) {
  const SystemClock clock;
  Health health(clock);
  Metrics metrics;
  SeededRandom random(entropy_seed());
  std::vector<Trial> trials;
  for (const SinkConfig& sink : config.sinks) {
    ConnectorContext context;
    context.gateway_id = config.gateway.id;
    context.name = sink.name;
    context.clock = &clock;
    context.random = &random;
    context.health = &health;
    context.metrics = &metrics;
    context.delivery = &sink.delivery;
    auto made = sink.type->make_sink(context, sink.options);
    if (!made) {
      trials.push_back({sink.name, made.error()});
      continue;
    }
    const std::stop_source never;
    trials.push_back({sink.name, (*made)->connect({clock.steady() + limits::kCheckConnect}, never.get_token())});
    (*made)->close();
  }
  return trials;
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string summary(const LoadedConfig& loaded) {
  const Diagnostics& said = loaded.diagnostics;
  const std::string warnings = said.warnings() > 0 ? ", " + counted(said.warnings(), "warning") : "";
  if (!loaded.config) return fmt::format("{}: {}{}", said.file(), counted(said.errors(), "error"), warnings);
  std::size_t lanes = 0;
  for (const RouteConfig& route : loaded.config->routes) lanes += route.to.size();
  return fmt::format("{}: fine: {}, {}, {}, {}{}", said.file(), counted(loaded.config->sources.size(), "source"),
                     counted(loaded.config->sinks.size(), "sink"), counted(loaded.config->routes.size(), "route"),
                     counted(lanes, "lane"), warnings);
}

json as_json(const LoadedConfig& loaded, const std::vector<Trial>& trials) {
  json out = {{"file", loaded.diagnostics.file()},
              {"valid", loaded.config.has_value()},
              {"diagnostics", json::array()},
              {"sinks", json::array()}};
  for (const Diagnostic& one : loaded.diagnostics.sorted()) {
    out["diagnostics"].push_back({{"severity", one.severity == Severity::error ? "error" : "warning"},
                                  {"line", one.at.line},
                                  {"column", one.at.column},
                                  {"message", one.message}});
  }
  for (const Trial& trial : trials) {
    json row = {{"name", trial.sink}, {"reachable", trial.status.has_value()}};
    if (!trial.status) row["error"] = trial.status.error().message;
    out["sinks"].push_back(std::move(row));
  }
  return out;
}

}  // namespace

int check_command(const CommonOptions& common, bool connect) {
  const LoadedConfig loaded = load_config(common.config_file, connector_types());
  const std::vector<Trial> trials = loaded.config && connect ? try_sinks(*loaded.config) : std::vector<Trial>{};
  std::string out;
  if (common.json) {
    out = as_json(loaded, trials).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  } else {
    out = loaded.diagnostics.text() + summary(loaded) + "\n";
    for (const Trial& trial : trials)
      out += trial.status ? fmt::format("sink {}: reachable\n", trial.sink)
                          : fmt::format("sink {}: not reachable: {}\n", trial.sink, trial.status.error().message);
  }
  if (!print(out)) return kExitFailed;
  if (!loaded.config) return kExitUsage;
  for (const Trial& trial : trials) {
    if (!trial.status) return kExitFailed;
  }
  return kExitFine;
}

}  // namespace tidegate
