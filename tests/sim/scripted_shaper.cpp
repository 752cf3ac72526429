#include "tests/sim/scripted_shaper.h"

#include <sstream>

namespace tidegate::testing {

std::vector<Seq> summed_up(std::string_view text) {
  std::vector<Seq> seqs;
  std::istringstream words{std::string(text)};
  for (std::uint64_t seq = 0; words >> seq;) seqs.push_back(Seq{seq});
  return seqs;
}

ScriptedShaper::Plan ScriptedShaper::plan(Seq seq) const {
  SeededRandom dice(habits_.seed * 1'000'003 + seq.value);
  const std::uint64_t throw_of = dice.below(100);
  if (throw_of < habits_.filtered) return {Shaped::Kind::filtered, 0};
  if (throw_of < habits_.filtered + habits_.failed) return {Shaped::Kind::failed, 0};
  if (dice.below(100) >= habits_.changed) return {};
  return {Shaped::Kind::pass, static_cast<std::uint32_t>(1 + dice.below(habits_.parts_max))};
}

Shaped ScriptedShaper::answer(StoredEvent& stored) const {
  const Plan what = stored.event.id.starts_with(kSumPrefix) ? Plan{} : plan(stored.seq);
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

void ScriptedShaper::restore(const std::vector<std::pair<std::string, std::string>>& rows) {
  for (const auto& [key, value] : rows) sum_ = value;
  summed_ = summed_up(sum_).size();
}

std::vector<Shaped> ScriptedShaper::shape(std::span<StoredEvent> events, Instant now) {
  std::vector<Shaped> shaped = take(events);
  if (habits_.sums == 0) return shaped;
  for (std::size_t i = 0; i < shaped.size(); ++i) {
    if (shaped[i].kind != Shaped::Kind::filtered) continue;
    sum_ += std::to_string(events[i].seq.value) + " ";
    sum_changed_ = true;
    if (++summed_ >= habits_.sums) emit(now.wall);
  }
  return shaped;
}

void ScriptedShaper::tick(Instant now, bool at_end) {
  if (at_end && summed_ > 0 && random_.below(20) == 0) emit(now.wall);
}

void ScriptedShaper::emit(WallTime now) {
  Event event;
  event.id = std::string(kSumPrefix) + std::to_string(summed_up(sum_).front().value);
  event.subject = "key-0";
  event.time = now;
  event.data = std::exchange(sum_, {});
  emitted_.push_back(std::move(event));
  summed_ = 0;
  sum_changed_ = true;
}

Shaper::Changes ScriptedShaper::take_changes() {
  Changes changes;
  if (std::exchange(sum_changed_, false)) changes.state.push_back({"sum", sum_, sum_.empty()});
  changes.emitted = std::exchange(emitted_, {});
  return changes;
}

std::vector<Shaped> ScriptedShaper::take(std::span<StoredEvent> events) {
  if (habits_.hesitates && !events.empty()) events = events.first(random_.below(events.size() + 1));
  std::vector<Shaped> shaped;
  for (StoredEvent& each : events) shaped.push_back(answer(each));
  return shaped;
}

}  // namespace tidegate::testing
