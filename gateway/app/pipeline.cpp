#include "gateway/app/pipeline.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "gateway/event/hops.h"
#include "gateway/transform/lane_shaper.h"

namespace tidegate {

namespace {

/// Whether a route wants an event of the log. An event that does not say who brought it (`source` is empty) is known by
/// what the intake made of the name of its source: "/<gateway id>/<source name>".
bool wanted(const RouteConfig& route, const std::string& gateway_id, const Event& event, const std::string& source) {
  const auto from_it = [&](const std::string& name) {
    return source.empty() ? event.source.ends_with("/" + name) : source == name;
  };
  return route.topic.matches(event.subject) && !has_looped(event, gateway_id) &&
         (route.from.empty() || std::any_of(route.from.begin(), route.from.end(), from_it)) &&
         (!route.match || route.match->matches(event, route.topic.captures(event.subject)));
}

/// What no source of the config is called.
constexpr const char* kRemovedSource = "(removed)";

std::string lane_name(const RouteConfig& route, const SinkConfig& sink) { return route.name + "/" + sink.name; }

}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::open(PipelineSetup setup) {
  std::unique_ptr<Pipeline> made(new Pipeline(setup));
  made->list_parts();
  if (Status opened = made->open_spool(); !opened) return std::move(opened).error();
  made->compile_routes();
  made->prepare_replays();
  return made;
}

Pipeline::~Pipeline() { stop({setup_.clock.steady()}); }

void Pipeline::list_parts() {
  const Config& config = setup_.config;
  for (const SourceConfig& source : config.sources) sources_.emplace_back().config = &source;
  for (const RouteConfig& route : config.routes) {
    for (const std::string& name : route.to) {
      LanePart& part = lanes_.emplace_back();
      part.route = &route;
      part.sink = config.sink(name);  // load_config() lets no route to an unknown sink pass
    }
  }
}

Status Pipeline::open_spool() {
  std::vector<LaneSpec> specs;
  for (const LanePart& part : lanes_) {
    const auto wants = [route = part.route, id = setup_.config.gateway.id](
                           const Event& event, const std::string& source) { return wanted(*route, id, event, source); };
    specs.push_back({part.route->name, part.sink->name, part.route->start, wants});
  }
  std::vector<std::string> names;
  for (const SourcePart& part : sources_) names.push_back(part.config->name);

  SpoolOpening opening;
  auto opened = Spool::open(setup_.config.spool, specs, names, setup_.clock, setup_.health, setup_.metrics, opening);
  if (!opened) return std::move(opened).error();
  spool_ = *std::move(opened);
  internal_ = opening.internal;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    LanePart& part = lanes_[i];
    part.id = opening.lanes[i];
    part.random = std::make_unique<SeededRandom>(entropy_seed());
    part.context = context_for(part.sink->name, {}, *part.random);
    part.context.route = part.route->name;
    part.context.delivery = &part.sink->delivery;
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    SourcePart& part = sources_[i];
    part.id = opening.sources[i];
    part.random = std::make_unique<SeededRandom>(entropy_seed());
    part.context = context_for(part.config->name, part.id, *part.random);
  }
  report(opening);
  return {};
}

void Pipeline::report(const SpoolOpening& opening) const {
  const std::string directory = setup_.config.spool.data_dir.string();
  std::uint64_t pending = 0;
  for (const auto& [lane, books] : spool_->snapshot().lanes) pending += books.pending;
  if (opening.created) {
    log_.info("created a spool in {}", directory);
  } else {
    log_.info("the spool in {} holds {} events to deliver", directory, pending);
  }
  if (!opening.salvage) return;
  log_.error("the spool was damaged: saved {} events; its old files are in {}", opening.salvage->events_saved,
             opening.salvage->set_aside.string());
  for (const auto& [lane, lost] : opening.salvage->lost_by_lane)
    log_.error("lane {}: {} events could not be read from the damaged spool", lane, lost);
}

void Pipeline::compile_routes() {
  std::vector<RouteRule> rules;
  std::vector<Taps::Route> tapped;
  for (const RouteConfig& route : setup_.config.routes) {
    RouteRule rule{{}, route.topic, {}, route.match};
    for (const SourcePart& part : sources_) {
      if (std::count(route.from.begin(), route.from.end(), part.config->name) > 0) rule.from.push_back(part.id);
    }
    for (const LanePart& part : lanes_) {
      if (part.route == &route) rule.lanes.push_back(part.id);
    }
    tapped.push_back({route.name, route.topic, rule.lanes});
    rules.push_back(std::move(rule));
  }
  std::vector<IntakeSource> origins;
  for (const SourcePart& part : sources_)
    origins.push_back({part.id, part.config->name, std::string(part.config->type->name)});
  taps_ = std::make_unique<Taps>(std::move(tapped), setup_.clock);
  intake_ = std::make_unique<GatewayIntake>(IntakeSetup{setup_.config.gateway.id, std::move(origins), RouteTable(rules),
                                                        *spool_, setup_.clock, intake_random_, setup_.metrics, *taps_});
}

void Pipeline::prepare_replays() {
  std::map<SourceId, std::string> names{{SourceId{0}, ""}};
  for (const SourcePart& part : sources_) names[part.id] = part.config->name;
  std::vector<ReplayRoute> routes;
  for (const RouteConfig& route : setup_.config.routes) {
    ReplayRoute& out = routes.emplace_back(ReplayRoute{route.name, route.topic, {}, {}});
    out.wants = [&route, names, id = setup_.config.gateway.id](const Event& event, SourceId source) {
      const auto name = names.find(source);
      return wanted(route, id, event, name == names.end() ? kRemovedSource : name->second);
    };
    for (const LanePart& part : lanes_) {
      if (part.route == &route)
        out.lanes.push_back({part.id, lane_name(route, *part.sink), part.sink->name, part.sink->delivery.max_age});
    }
  }
  replays_ = std::make_unique<Replays>(ReplaysSetup{*spool_, internal_, std::move(routes), setup_.clock});
}

ConnectorContext Pipeline::context_for(const std::string& name, SourceId source, Random& random) const {
  ConnectorContext out;
  out.gateway_id = setup_.config.gateway.id;
  out.name = name;
  out.source_id = source;
  out.net = &setup_.net;
  out.clock = &setup_.clock;
  out.random = &random;
  out.health = &setup_.health;
  out.metrics = &setup_.metrics;
  return out;
}

void Pipeline::start(UniqueFunction<void(bool)> pressure) { spool_->start(std::move(pressure)); }

bool Pipeline::start_connectors() {
  if (!std::exchange(connected_, true)) replays_->start();
  bool complete = true;
  for (LanePart& part : lanes_) complete = start_lane(part) && complete;
  for (SourcePart& part : sources_) complete = start_source(part) && complete;
  return complete;
}

bool Pipeline::start_lane(LanePart& part) {
  if (part.lane) return true;
  const std::string name = lane_name(*part.route, *part.sink);
  auto sink = part.sink->type->make_sink(part.context, part.sink->options);
  if (!sink) return missing("lane " + name, sink.error(), part.trouble);
  const RouteConfig& route = *part.route;
  LaneShaperSetup shaping{route.topic, route.transform, route.reduce, setup_.config.gateway.id + "/" + name,
                          internal_,   route.name};
  auto make_shaper = [shaping = std::move(shaping)] { return make_lane_shaper(shaping); };
  part.lane =
      Lane::create({part.id, name, route.name, part.sink->name, std::move(make_shaper), part.sink->delivery,
                    *std::move(sink), *spool_, setup_.clock, setup_.health, setup_.metrics, part.random->next()});
  part.lane->start();
  log_.info("lane {} delivers by {}", name, part.sink->type->name);
  const MutexLock lock(mutex_);
  running_[name] = part.lane.get();
  return true;
}

bool Pipeline::start_source(SourcePart& part) {
  if (part.source) return true;
  const std::string component = "source " + part.config->name;
  auto made = part.config->type->make_source(part.context, part.config->options);
  if (!made) return missing(component, made.error(), part.trouble);
  auto source = *std::move(made);
  if (const Status started = source->start(*intake_); !started) {
    source->stop();
    return missing(component, started.error(), part.trouble);
  }
  if (pressure_) source->pause();
  part.source = std::move(source);
  log_.info("{} receives by {}", component, part.config->type->name);
  return true;
}

bool Pipeline::missing(const std::string& component, const Error& error, std::string& trouble) const {
  if (trouble != error.message)
    log_.error("{} cannot start: {}; the others run, and it is tried again", component, error.message);
  trouble = error.message;
  setup_.health.post(component, HealthState::alarm, "cannot start: " + error.message);
  return false;
}

void Pipeline::set_pressure(bool on) {
  if (pressure_ == on || stopped_) return;
  pressure_ = on;
  log_.warn("{}", on ? "high water: the sources pause and leave new events upstream" : "the sources go on");
  for (SourcePart& part : sources_) {
    if (!part.source) continue;
    if (on) {
      part.source->pause();
    } else {
      part.source->resume();
    }
  }
}

void Pipeline::stop(Deadline deadline) {
  if (stopped_ || !spool_) return;
  stopped_ = true;
  for (SourcePart& part : sources_) {
    if (part.source) part.source->stop();
  }
  replays_->stop();
  stop_lanes(deadline);
  spool_->stop();
}

void Pipeline::stop_lanes(Deadline deadline) {
  // Side by side: each may use all of the time that is left.
  std::vector<std::thread> stopping;
  for (LanePart& part : lanes_) {
    if (part.lane) stopping.emplace_back([&lane = *part.lane, deadline] { lane.stop(deadline); });
  }
  for (std::thread& thread : stopping) thread.join();
}

void Pipeline::watch_lanes() {
  const SteadyTime now = setup_.clock.steady();
  const MutexLock lock(mutex_);
  for (const auto& [name, lane] : running_) {
    const bool stuck = now > lane->due_back();
    if (stuck == stuck_.contains(name)) continue;
    // Beside the lane's own entry, which its worker will write again when it is back.
    const std::string component = fmt::format("worker of lane {}", name);
    if (stuck) {
      stuck_.insert(name);
      log_.error("{} is stuck in its sink or in the spool; its events wait", component);
      setup_.health.post(component, HealthState::alarm,
                         "stuck in its sink or in the spool: its events wait; a restart loses none of them");
    } else {
      stuck_.erase(name);
      log_.info("{} goes on", component);
      setup_.health.post(component, HealthState::ok, "");
    }
  }
}

Status Pipeline::resume_lane(std::string_view route, std::string_view sink) {
  const std::string name = fmt::format("{}/{}", route, sink);
  const MutexLock lock(mutex_);
  if (const auto found = running_.find(name); found != running_.end()) {
    found->second->resume();
    return {};
  }
  std::string known;
  for (const auto& [lane, unused] : running_) known += (known.empty() ? "" : ", ") + lane;
  return Error{ErrorCode::not_found, fmt::format("there is no lane {}; there are: {}", name, known)};
}

}  // namespace tidegate
