#include <fmt/format.h>

#include "gateway/spool/engine.h"

/// What the engine shows after each commit: the snapshot, lane states, metrics, health, and the watches.
namespace tidegate {

void SpoolEngine::on_commit(Books& books, const CommitEffects& effects, const Store::Space& space) {
  {
    const MutexLock lock(picture_mutex_);
    picture_.last = books.spool.last;
    picture_.commits = books.spool.commits;
    picture_.bytes_used = space.used + space.log;
    for (const LaneBook* lane : books.edited_lanes()) picture_lane(*lane, books);
    for (const LaneBook& lane : effects.gone) picture_lane(lane, books);
    for (const SourceBook* source : books.edited_sources()) picture_source(*source);
  }
  bytes_gauge_.set(static_cast<std::int64_t>(space.used + space.log));
  commits_counter_.add();
  commit_events_counter_.add(effects.events);
  call_watches(effects);
}

void SpoolEngine::on_state(bool full, const std::string& trouble) {
  {
    const MutexLock lock(picture_mutex_);
    picture_.full = full;
    picture_.trouble = trouble;
  }
  if (!trouble.empty())
    health_.post("spool", HealthState::alarm,
                 fmt::format("cannot write; nothing that was acknowledged is lost, sources are paused: {}", trouble));
  else if (full && options_.when_full == WhenFull::pause)
    health_.post("spool", HealthState::paused,
                 "spool.max_bytes is reached: sources are paused until the lanes have delivered some of it");
  else if (full)
    health_.post("spool", HealthState::alarm, "spool.max_bytes is reached: events are evicted, as when_full says");
  else if (!damage_.empty())
    health_.post("spool", HealthState::alarm, damage_);
  else
    health_.post("spool", HealthState::ok, "");
}

void SpoolEngine::before_rebuild() { reader_->close(); }

void SpoolEngine::after_rebuild(const SpoolOpening::Salvage& outcome) {
  note_damage(outcome);
  if (const Status opened = reader_->reopen(); !opened)
    log_.error("the rebuilt spool cannot be read: {}", opened.error().message);
}

void SpoolEngine::note_damage(const SpoolOpening::Salvage& outcome) {
  std::uint64_t lost = 0;
  for (const auto& [lane, events] : outcome.lost_by_lane) {
    log_.error("lane {}: {} events could not be read from the damaged spool", lane, events);
    lost += events;
  }
  damage_ = fmt::format("the spool was damaged: {} events were saved, {} could not be read; the old files are in {}",
                        outcome.events_saved, lost, outcome.set_aside.string());
  log_.error("{}", damage_);
}

void SpoolEngine::hide_lane(const std::string& name) {
  picture_.lanes.erase(name);
  picture_.orphans.erase(name);
  picture_.dead_letters.erase(name);
  picture_.deferred.erase(name);
}

void SpoolEngine::show_lane(const LaneBook& lane, const Books& books) {
  const std::string name = lane.name();
  picture_.lanes[name] = lane.ledger();
  picture_.dead_letters[name] = lane.resting();
  picture_.deferred[name] = lane.deferred.size();
  if (lane.configured) return;
  const LaneBook* const target = books.lane(lane.adopted_by);
  const bool adopted = lane.leaving == Orphan::Leaving::adopted && target != nullptr;
  picture_.orphans[name] = Orphan{lane.route, lane.sink, lane.leaving, adopted ? target->name() : ""};
}

void SpoolEngine::picture_lane(const LaneBook& lane, const Books& books) {
  // A lane that left the config and has nothing left is nobody's business any more.
  if (!lane.configured && lane.empty())
    hide_lane(lane.name());
  else
    show_lane(lane, books);
  LaneState& state = lane_states_[lane.id];
  state.cursor = lane.cursor;
  state.settled_ahead = lane.ahead.members();
  const auto [at, fresh] = lane_metrics_.try_emplace(lane.id);
  LaneMetrics& metrics = at->second;
  if (fresh) {
    const auto outcome = [&](const char* what) {
      return &metrics_.counter("tidegate_lane_events_total", "Events of a lane by what became of them",
                               {{"route", lane.route}, {"sink", lane.sink}, {"outcome", what}});
    };
    metrics = {&metrics_.gauge("tidegate_lane_events_pending", "Events that a lane has yet to settle",
                               {{"route", lane.route}, {"sink", lane.sink}}),
               outcome("received"),
               outcome("delivered"),
               outcome("dead"),
               outcome("expired"),
               outcome("evicted"),
               outcome("lost")};
  }
  metrics.pending->set(static_cast<std::int64_t>(lane.pending()));
  const std::pair<Counter*, std::uint64_t> counters[] = {
      {metrics.received, lane.received}, {metrics.delivered, lane.delivered}, {metrics.dead, lane.dead},
      {metrics.expired, lane.expired},   {metrics.evicted, lane.evicted},     {metrics.lost, lane.lost}};
  // Dead letters that were given back are no longer dead in the books; a counter only grows.
  for (const auto& [counter, value] : counters)
    if (value > counter->value()) counter->add(value - counter->value());
}

void SpoolEngine::picture_source(const SourceBook& source) {
  if (is_internal_source(source.name)) {
    picture_.internal[source.name] = source.ledger();
    return;
  }
  picture_.sources[source.name] = source.ledger();
  const auto [at, fresh] = source_metrics_.try_emplace(source.id);
  SourceMetrics& metrics = at->second;
  if (fresh) {
    const auto counter = [&](const char* name, const char* help) {
      return &metrics_.counter(name, help, {{"source", source.name}});
    };
    metrics = {counter("tidegate_source_events_total", "Events that a source brought"),
               counter("tidegate_source_events_filtered_total", "Events that no route wants"),
               counter("tidegate_source_events_evicted_total", "Events that found no room"),
               counter("tidegate_source_repeats_total", "Redeliveries recognised and not stored again")};
  }
  const std::pair<Counter*, std::uint64_t> counters[] = {{metrics.received, source.received},
                                                         {metrics.filtered, source.filtered},
                                                         {metrics.evicted, source.evicted},
                                                         {metrics.repeats, source.repeats}};
  for (const auto& [counter, value] : counters)
    if (value > counter->value()) counter->add(value - counter->value());
}

void SpoolEngine::call_watches(const CommitEffects& effects) {
  for (const LaneId lane : effects.revived) spots_.at(lane)->revived = true;
  const MutexLock lock(watch_mutex_);
  for (auto& [lane, watch] : watches_) {
    if (!watch) continue;
    const auto evicted = effects.evicted.find(lane);
    if (evicted != effects.evicted.end())
      watch(evicted->second);
    else if (effects.brought.contains(lane))
      watch(Seq{0});
  }
}

}  // namespace tidegate
