#include "tests/sim/scripted_shaper.h"

namespace tidegate::testing {

ScriptedShaper::Plan ScriptedShaper::plan(Seq seq) const {
  SeededRandom dice(habits_.seed * 1'000'003 + seq.value);
  const std::uint64_t throw_of = dice.below(100);
  if (throw_of < habits_.filtered) return {Shaped::Kind::filtered, 0};
  if (throw_of < habits_.filtered + habits_.failed) return {Shaped::Kind::failed, 0};
  if (dice.below(100) >= habits_.changed) return {};
  return {Shaped::Kind::pass, static_cast<std::uint32_t>(1 + dice.below(habits_.parts_max))};
}

Shaped ScriptedShaper::answer(StoredEvent& stored) const {
  const Plan what = plan(stored.seq);
  Shaped shaped;
  shaped.kind = what.kind;
  if (what.kind != Shaped::Kind::pass) {
    shaped.reason = what.kind == Shaped::Kind::failed ? "cannot be shaped" : "script";
    return shaped;
  }
  shaped.changed = what.parts > 0;
  if (!shaped.changed) {
    shaped.outs.emplace_back().event = std::move(stored.event);
    return shaped;
  }
  for (std::uint32_t part = 1; part <= what.parts; ++part) {
    OutEvent& out = shaped.outs.emplace_back();
    out.event = stored.event;
    out.event.id += "." + std::to_string(part);
    out.event.data.resize(out.event.data.size() / part);
  }
  return shaped;
}

std::vector<Shaped> ScriptedShaper::take(std::span<StoredEvent> events) {
  if (habits_.hesitates && !events.empty()) events = events.first(random_.below(events.size() + 1));
  std::vector<Shaped> shaped;
  for (StoredEvent& each : events) shaped.push_back(answer(each));
  return shaped;
}

}  // namespace tidegate::testing
