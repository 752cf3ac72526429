#include "gateway/intake/gateway_intake.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidegate {

GatewayIntake::GatewayIntake(IntakeSetup setup)
    : routes_(std::move(setup.routes)), spool_(setup.spool), clock_(setup.clock), ids_(setup.random) {
  for (const IntakeSource& source : setup.sources) {
    Counter& invalid =
        setup.metrics.counter("tidegate_intake_invalid_submissions_total",
                              "Submissions refused because an event breaks a limit.", {{"source", source.name}});
    origins_.emplace(source.id, Origin{fmt::format("/{}/{}", setup.gateway_id, source.name),
                                       fmt::format("tidegate.{}.message", source.connector), &invalid});
  }
}

void GatewayIntake::admit(SourceId source, Submission submission, Receipt receipt) {
  const auto found = origins_.find(source);
  if (found == origins_.end()) return refuse(source, std::move(receipt));
  const Origin& origin = found->second;
  const bool valid = std::all_of(submission.events.begin(), submission.events.end(),
                                 [](const Event& event) { return check_event(event).has_value(); });
  if (!valid) {
    origin.invalid->add();
    return refuse(source, std::move(receipt));
  }

  const WallTime now = clock_.wall();
  mint_ids(submission.events, now);
  SpoolSubmission routed{source, {}, std::move(submission.state), submission.repeats};
  routed.events.reserve(submission.events.size());
  for (Event& event : submission.events) {
    if (event.source.empty()) event.source = origin.source;
    if (event.type.empty()) event.type = origin.type;
    if (event.time == WallTime{}) event.time = now;
    Routed& out = routed.events.emplace_back();
    routes_.match(source, event.subject, out.lanes);
    out.event = std::move(event);
  }
  spool_.append(std::move(routed), std::move(receipt));
}

std::vector<std::pair<std::string, std::string>> GatewayIntake::source_state(SourceId source,
                                                                             const std::string& prefix) {
  return spool_.source_state(source, prefix);
}

void GatewayIntake::mint_ids(std::vector<Event>& events, WallTime now) {
  const MutexLock lock(mutex_);
  for (Event& event : events) {
    if (event.id.empty()) event.id = ids_.mint(now);
  }
}

void GatewayIntake::refuse(SourceId source, Receipt receipt) {
  // An empty submission carries the answer, so that it comes on the committer thread and in the source's order.
  spool_.append(SpoolSubmission{source, {}, {}, 0}, [answer = std::move(receipt)](Admission admission) mutable {
    answer(admission == Admission::stopping ? Admission::stopping : Admission::refused_invalid);
  });
}

}  // namespace tidegate
