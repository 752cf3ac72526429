#include "gateway/intake/gateway_intake.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/event/hops.h"
#include "gateway/event/origin.h"

namespace tidegate {

namespace {

/// Between two lines about events that came round: a loop of thousands a second must not fill the log.
constexpr std::chrono::minutes kLoopLogInterval{1};

}  // namespace

GatewayIntake::GatewayIntake(IntakeSetup setup)
    : gateway_id_(std::move(setup.gateway_id)),
      routes_(std::move(setup.routes)),
      spool_(setup.spool),
      clock_(setup.clock),
      taps_(setup.taps),
      ids_(setup.random) {
  for (const IntakeSource& source : setup.sources) {
    Counter& invalid =
        setup.metrics.counter("tidegate_intake_invalid_submissions_total",
                              "Submissions refused because an event breaks a limit.", {{"source", source.name}});
    Counter& loops = setup.metrics.counter("tidegate_source_loops_total",
                                           "Events that had been at this gateway before, and went to no lane again.",
                                           {{"source", source.name}});
    origins_.emplace(source.id,
                     Origin{default_event_source(gateway_id_, source.name), default_event_type(source.connector),
                            &invalid, &loops, Log("source " + source.name), std::nullopt});
  }
}

void GatewayIntake::admit(SourceId source, Submission submission, Receipt receipt) {
  const auto found = origins_.find(source);
  if (found == origins_.end()) return refuse(source, std::move(receipt));
  Origin& origin = found->second;
  const bool valid = std::all_of(submission.events.begin(), submission.events.end(),
                                 [](const Event& event) { return check_event(event).has_value(); });
  if (!valid) {
    origin.invalid->add();
    return refuse(source, std::move(receipt));
  }

  const WallTime now = clock_.wall();
  RouteTable::Scratch scratch = prepare(submission.events, now);
  SpoolSubmission routed{source, {}, std::move(submission.state), submission.repeats};
  routed.events.reserve(submission.events.size());
  std::uint64_t loops = 0;
  for (Event& event : submission.events) {
    if (event.source.empty()) event.source = origin.source;
    if (event.type.empty()) event.type = origin.type;
    if (event.time == WallTime{}) event.time = now;
    Routed& out = routed.events.emplace_back();
    if (has_looped(event, gateway_id_)) {
      ++loops;
    } else {
      routes_.match(source, event, scratch, out.lanes);
    }
    out.event = std::move(event);
  }
  give_back(std::move(scratch));
  if (loops > 0) report_loops(origin, loops);
  if (taps_.any()) taps_.offer(routed.events);
  spool_.append(std::move(routed), std::move(receipt));
}

std::vector<std::pair<std::string, std::string>> GatewayIntake::source_state(SourceId source,
                                                                             const std::string& prefix) {
  return spool_.source_state(source, prefix);
}

RouteTable::Scratch GatewayIntake::prepare(std::vector<Event>& events, WallTime now) {
  const MutexLock lock(mutex_);
  for (Event& event : events) {
    if (event.id.empty()) event.id = ids_.mint(now);
  }
  if (idle_.empty()) return {};
  RouteTable::Scratch scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void GatewayIntake::give_back(RouteTable::Scratch scratch) {
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(scratch));
}

void GatewayIntake::report_loops(Origin& origin, std::uint64_t count) {
  origin.loops->add(count);
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (origin.loops_logged && now - *origin.loops_logged < kLoopLogInterval) return;
  origin.loops_logged = now;
  origin.log.warn(
      "events come back that have been at gateway \"{}\" before ({} so far): they go to no route again; "
      "another gateway with the same id looks like this, too",
      gateway_id_, origin.loops->value());
}

void GatewayIntake::refuse(SourceId source, Receipt receipt) {
  // An empty submission carries the answer, so that it comes on the committer thread and in the source's order.
  spool_.append(SpoolSubmission{source, {}, {}, 0}, [answer = std::move(receipt)](Admission admission) mutable {
    answer(admission == Admission::stopping ? Admission::stopping : Admission::refused_invalid);
  });
}

}  // namespace tidegate
