#include "gateway/transform/reduce/reducer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "gateway/spool/varint.h"
#include "gateway/transform/reduce/digest.h"
#include "gateway/transform/reduce/keyed_memory.h"
#include "gateway/transform/reduce/limits.h"
#include "gateway/transform/reduce/window_row.h"

namespace tidegate {

namespace {

constexpr std::string_view kWindowRows = "window.";

/// Names the rows of a step: what makes them mean something else gives another name.
std::string tag_of(std::string_view kind, std::size_t number, const std::vector<EventField>& key,
                   const std::vector<EventField>& fields, milliseconds every = {}) {
  std::string meaning;
  for (const EventField& field : key) put_bytes(meaning, field.text());
  put_varint(meaning, 0);
  for (const EventField& field : fields) put_bytes(meaning, field.text());
  put_varint(meaning, static_cast<std::uint64_t>(every.count()));
  return fmt::format("{}.{}.{:016x}", kind, number, digest(meaning).low);
}

}  // namespace

Reducer::Reducer(const ReducerSetup& setup) : lane_(setup.lane), internal_(setup.internal), reader_(setup.topic) {
  for (std::size_t i = 0; i < setup.steps.size(); ++i) add(setup.steps[i], i);
}

void Reducer::add(const ReduceStep& step, std::size_t number) {
  if (const auto& deadband = step.deadband) {
    steps_.push_back(make_deadband(*deadband, tag_of("deadband", number, deadband->key, deadband->field), reader_));
  }
  if (const auto& changed = step.changed) {
    steps_.push_back(make_changed(*changed, tag_of("changed", number, changed->key, changed->fields), reader_));
  }
  if (const auto& throttle = step.throttle) {
    steps_.push_back(make_throttle(*throttle, tag_of("throttle", number, throttle->key, {}), reader_));
  }
  if (step.sample) steps_.push_back(make_sample(*step.sample, reader_));
  if (const auto& dedupe = step.dedupe) {
    steps_.push_back(make_dedupe(*dedupe, tag_of("dedupe", number, dedupe->key, dedupe->fields), reader_));
  }
  if (const auto& window = step.window) {
    windows_.emplace(*window, tag_of("window", number, window->key, window->fields, window->every), lane_, reader_);
  }
}

bool Reducer::restore_row(const std::string& key, const std::string& row) {
  if (windows_ && windows_->restore(key, row)) return true;
  return std::ranges::any_of(steps_, [&](const auto& step) { return step->restore(key, row); });
}

void Reducer::restore(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::vector<std::pair<std::string, std::string>> unknown;
  for (const auto& row : rows) {
    ByteReader reader(row.second);
    if (const auto seq = row_seq(reader)) judged_to_ = std::max(judged_to_, *seq);
    if (!restore_row(row.first, row.second)) unknown.push_back(row);
  }
  for (const auto& step : steps_) step->restored();
  if (windows_) windows_->restored();
  give_up(unknown);
}

void Reducer::give_up(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::map<std::string, WindowShape, std::less<>> shapes;  // by tag
  for (const auto& [key, row] : rows) {
    Leftover& leftover = leftovers_.emplace_back(Leftover{key, std::nullopt});
    if (!key.starts_with(kWindowRows)) continue;
    ByteReader reader(row);
    if (!row_seq(reader)) continue;
    const std::size_t colon = key.find(':');
    if (colon == std::string::npos) {
      shapes[key].read(reader);  // rows come in the order of their keys: before those of its windows
      continue;
    }
    const std::string_view tag = std::string_view(key).substr(0, colon);
    KeyWindow window;
    window.read(reader);
    const auto shape = shapes.find(tag);
    if (!reader.ok() || !window.open || shape == shapes.end()) continue;
    leftover.window = window_event(shape->second, lane_, std::string_view(key).substr(colon + 1), *window.open);
  }
}

std::optional<std::string_view> Reducer::judge(const StoredEvent& stored, WallTime time, Instant now) {
  if (steps_.empty() && !windows_) return std::nullopt;
  if (stored.seq <= judged_to_) return std::nullopt;
  const auto is_from = [&](SourceId source) { return source.value != 0 && stored.source == source; };
  // Who replays wants the events themselves.
  if (is_from(internal_.window) || is_from(internal_.replay)) return std::nullopt;
  const bool adopted = is_from(internal_.adopt);
  if (adopted && stored.event.type == kWindowType) return std::nullopt;

  reader_.read(stored.event);
  const Reading reading{stored.event, stored.seq, time, reader_, adopted};
  for (const auto& step : steps_) {
    if (!step->lets_leave(reading)) return step->reason();
  }
  std::optional<std::string_view> removed;
  if (windows_) {
    switch (windows_->take(reading, now.wall)) {
      case Windows::Verdict::summed_up: removed = "window"; break;
      case Windows::Verdict::leaves: break;
      case Windows::Verdict::dropped: return "late";
    }
  }
  for (const auto& step : steps_) step->left(reading);
  return removed;
}

void Reducer::tick(Instant now, bool at_end) {
  if (windows_) windows_->tick(now, at_end);
}

SteadyTime Reducer::look_again() const { return windows_ ? windows_->look_again() : SteadyTime::max(); }

Shaper::Changes Reducer::take_changes() {
  Shaper::Changes changes;
  for (const auto& step : steps_) step->take_changes(changes.state);
  if (windows_) windows_->take_changes(changes);
  for (std::size_t i = 0; i < limits::kReduceEmittedMax && !leftovers_.empty(); ++i) {
    Leftover& leftover = leftovers_.back();
    changes.state.push_back({std::move(leftover.row_key), {}, true});
    if (leftover.window) changes.emitted.push_back(*std::move(leftover.window));
    leftovers_.pop_back();
  }
  return changes;
}

std::uint64_t Reducer::keys_forgotten() const {
  std::uint64_t forgotten = windows_ ? windows_->forgotten() : 0;
  for (const auto& step : steps_) forgotten += step->forgotten();
  return forgotten;
}

}  // namespace tidegate
