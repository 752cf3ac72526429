#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <stop_token>

#include "connectors/connector.h"
#include "gateway/app/commands.h"
#include "gateway/app/limits.h"
#include "gateway/app/load.h"
#include "gateway/trial/route_check.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// What trying one connector gave.
struct Trial {
  std::string_view kind;  ///< "source" or "sink"
  std::string name;
  Status status;
};

/// Makes connectors and tries them, one after the other, without a spool.
class Tryout {
 public:
  explicit Tryout(const Config& config) : config_(config) {}

  std::vector<Trial> run() {
    std::vector<Trial> trials;
    for (const SourceConfig& source : config_.sources) trials.push_back({"source", source.name, try_source(source)});
    for (const SinkConfig& sink : config_.sinks) trials.push_back({"sink", sink.name, try_sink(sink)});
    return trials;
  }

 private:
  Status try_source(const SourceConfig& source) {
    const ConnectorContext context = context_for(source.name);
    auto made = source.type->make_source(context, source.options);
    if (!made) return made.error();
    return (*made)->probe(deadline());
  }

  Status try_sink(const SinkConfig& sink) {
    ConnectorContext context = context_for(sink.name);
    context.delivery = &sink.delivery;
    auto made = sink.type->make_sink(context, sink.options);
    if (!made) return made.error();
    const std::stop_source never;
    Status status = (*made)->connect(deadline(), never.get_token());
    (*made)->close();
    return status;
  }

  ConnectorContext context_for(const std::string& name) {
    ConnectorContext context;
    context.gateway_id = config_.gateway.id;
    context.name = name;
    context.net = &net_;
    context.clock = &clock_;
    context.random = &random_;
    context.health = &health_;
    context.metrics = &metrics_;
    return context;
  }
  [[nodiscard]] Deadline deadline() const { return {clock_.steady() + limits::kCheckConnect}; }

  const Config& config_;
  boost::asio::io_context net_{1};  ///< never runs
  const SystemClock clock_;
  Health health_{clock_};
  Metrics metrics_;
  SeededRandom random_{entropy_seed()};
};

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
              {"sources", json::array()},
              {"sinks", json::array()}};
  for (const Diagnostic& one : loaded.diagnostics.sorted()) {
    out["diagnostics"].push_back({{"severity", one.severity == Severity::error ? "error" : "warning"},
                                  {"line", one.at.line},
                                  {"column", one.at.column},
                                  {"message", one.message}});
  }
  for (const Trial& trial : trials) {
    json row = {{"name", trial.name}, {"reachable", trial.status.has_value()}};
    if (!trial.status) row["error"] = trial.status.error().message;
    out[trial.kind == "source" ? "sources" : "sinks"].push_back(std::move(row));
  }
  return out;
}

}  // namespace

int check_command(const CommonOptions& common, bool connect) {
  LoadedConfig loaded = load_config(common.config_file, connector_types());
  if (loaded.config) warn_about_routes(*loaded.config, loaded.diagnostics);
  check_programs(loaded);
  const std::vector<Trial> trials = loaded.config && connect ? Tryout(*loaded.config).run() : std::vector<Trial>{};
  std::string out;
  if (common.json) {
    out = as_json(loaded, trials).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  } else {
    out = loaded.diagnostics.text() + summary(loaded) + "\n";
    for (const Trial& trial : trials)
      out += fmt::format("{} {}: {}\n", trial.kind, trial.name,
                         trial.status ? "reachable" : "not reachable: " + trial.status.error().message);
  }
  if (!print(out)) return kExitFailed;
  if (!loaded.config) return kExitUsage;
  for (const Trial& trial : trials) {
    if (!trial.status) return kExitFailed;
  }
  return kExitFine;
}

}  // namespace tidegate
