#include "tests/unit/reduce/reduce_rig.h"

#include <gtest/gtest.h>

#include <utility>

namespace tidegate::testing {

std::vector<EventField> fields(const std::vector<std::string>& names) {
  std::vector<EventField> out;
  for (const std::string& name : names) out.push_back(*EventField::parse(name));
  return out;
}

ReduceRig::ReduceRig(std::vector<ReduceStep> steps) { restart(std::move(steps)); }

StoredEvent ReduceRig::stored(const std::string& data, const std::string& subject, SourceId source) {
  StoredEvent out{Seq{++last_seq}, {}, source};
  out.event.id = std::to_string(last_seq);
  out.event.source = "/gw/in";
  out.event.subject = subject;
  out.event.data = data;
  out.event.time = now().wall;
  return out;
}

std::string ReduceRig::give(StoredEvent stored) {
  return std::string(reducer->judge(stored, stored.event.time, now()).value_or(""));
}

std::string ReduceRig::give(const std::string& data, const std::string& subject) { return give(stored(data, subject)); }

std::string ReduceRig::give_late(milliseconds behind, const std::string& data, const std::string& subject) {
  StoredEvent event = stored(data, subject);
  event.event.time -= behind;
  return give(std::move(event));
}

std::vector<Event> ReduceRig::emitted() {
  Shaper::Changes changes = reducer->take_changes();
  for (LaneStateChange& change : changes.state) {
    if (change.erase) {
      rows.erase(change.key);
    } else {
      rows[change.key] = std::move(change.value);
    }
  }
  return std::move(changes.emitted);
}

void ReduceRig::restart(std::vector<ReduceStep> steps) {
  steps_ = std::move(steps);
  reducer = std::make_unique<Reducer>(
      ReducerSetup{steps_, *TopicFilter::parse("site/{device}/#"), "gw/route/sink", kInternal});
  reducer->restore({rows.begin(), rows.end()});
}

}  // namespace tidegate::testing
