#include "gateway/transform/reduce/windows.h"

#include <algorithm>
#include <iterator>

#include "gateway/event/hops.h"
#include "gateway/transform/reduce/keyed_reduction.h"
#include "gateway/transform/reduce/limits.h"

namespace tidegate {

Windows::Windows(const WindowOptions& options, const std::string& tag, std::string lane, FieldReader& reader)
    : options_(options),
      tag_(tag),
      lane_(std::move(lane)),
      key_of_(options.key, reader),
      memory_(tag, options.max_keys) {
  shape_.every = options.every;
  for (const EventField& field : options.key) shape_.key_names.push_back(field.text());
  for (const EventField& field : options.fields) {
    shape_.field_names.push_back(field.name());
    fields_.push_back(reader.want(field));
  }
}

WallTime Windows::start_of(WallTime time) const {
  const auto into = time.time_since_epoch() % options_.every;
  return time - into - (into.count() < 0 ? options_.every : milliseconds{0});
}

/// No clock that is right brings an event of the window after next.
bool Windows::is_ahead(WallTime start, WallTime now) const { return start > now + options_.every; }

bool Windows::has_fields(const FieldReader& values) const {
  return std::ranges::any_of(fields_, [&](std::size_t number) { return values[number].number.has_value(); });
}

void Windows::enter(OpenWindow& window, const Reading& reading) const {
  window.fields.resize(fields_.size());
  ++window.count;
  window.subject = reading.event.subject;
  window.source = reading.event.source;
  window.hops.clear();
  for (const auto& [name, value] : reading.event.attributes) {
    if (name == kHopsAttribute) window.hops = value;
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (const auto number = reading.values[fields_[i]].number) window.fields[i].add(*number);
  }
}

void Windows::end(KeyWindow& window, std::string_view key) {
  if (!window.open) return;
  const WallTime ends = window.open->start + options_.every;
  emitted_.push_back(window_event(shape_, lane_, key, *window.open));
  ends_.erase({ends, std::string(key)});
  window.ended = ends;
  window.open.reset();
}

Windows::Verdict Windows::take(const Reading& reading, WallTime now) {
  if (!has_fields(reading.values)) return Verdict::leaves;
  key_.assign(1, reading.adopted ? kAdoptedKey : kLiveKey);
  key_of_.append(reading.values, key_);
  const KeyWindow* known = memory_.find(key_);
  KeyWindow window = known == nullptr ? KeyWindow{} : *known;
  // The gateway's clock was set back: what ended in its future says nothing.
  if (window.open && is_ahead(window.open->start, now)) end(window, key_);
  if (window.ended != WallTime::min() && is_ahead(window.ended - options_.every, now)) window.ended = WallTime::min();

  WallTime start = start_of(reading.time);
  const bool late = start < (window.open ? window.open->start : window.ended);
  if (late || is_ahead(start, now)) {
    if (options_.late == WindowOptions::Late::pass) return Verdict::leaves;
    if (options_.late == WindowOptions::Late::drop) return Verdict::dropped;
    start = window.open ? window.open->start : std::max(start_of(now), window.ended);
  }
  if (window.open && start > window.open->start) end(window, key_);
  if (!window.open) {
    window.open.emplace();
    window.open->start = start;
    window.open->first = reading.seq;
    ends_.emplace(start + options_.every, key_);
  }
  enter(*window.open, reading);
  if (auto forgotten = memory_.put(key_, reading.seq, std::move(window))) end(forgotten->value, forgotten->key);
  return Verdict::summed_up;
}

void Windows::end_by_clock(const std::string& key) {
  KeyWindow window = *memory_.find(key);
  end(window, key);
  memory_.amend(key, std::move(window));
}

void Windows::tick(Instant now, bool at_end) {
  next_end_ = SteadyTime::max();
  more_due_ = false;
  const auto full = [&] { return emitted_.size() >= limits::kReduceEmittedMax; };
  while (!ends_.empty() && !full() && is_ahead(std::prev(ends_.end())->first - options_.every, now.wall)) {
    end_by_clock(std::string(std::prev(ends_.end())->second));
  }
  if (!at_end) return;
  const auto due = [&] { return !ends_.empty() && ends_.begin()->first + options_.grace <= now.wall; };
  while (due() && !full()) end_by_clock(std::string(ends_.begin()->second));
  more_due_ = due();
  if (!more_due_ && !ends_.empty()) next_end_ = now.steady + (ends_.begin()->first + options_.grace - now.wall);
}

SteadyTime Windows::look_again() const {
  // Until a settlement took what is emitted, nothing more can end; the settlement wakes the lane.
  if (more_due_) return emitted_.size() < limits::kReduceEmittedMax ? SteadyTime::min() : SteadyTime::max();
  return next_end_;
}

bool Windows::restore(std::string_view row_key, std::string_view row) {
  if (row_key == tag_) return shape_stored_ = true;
  return memory_.restore(row_key, row);
}

void Windows::restored() {
  for (const Memory::Entry& entry : memory_.restored()) {
    KeyWindow window = entry.value;
    end(window, entry.key);
  }
  for (const Memory::Entry& entry : memory_.entries()) {
    if (entry.value.open) ends_.emplace(entry.value.open->start + options_.every, entry.key);
  }
}

void Windows::take_changes(Shaper::Changes& out) {
  const std::size_t before = out.state.size();
  memory_.take_changes(out.state);
  if (!shape_stored_ && out.state.size() > before) {
    LaneStateChange& change = out.state.emplace_back(LaneStateChange{tag_, {}, false});
    begin_row(change.value, {});
    shape_.write(change.value);
    shape_stored_ = true;
  }
  std::ranges::move(emitted_, std::back_inserter(out.emitted));
  emitted_.clear();
}

}  // namespace tidegate
