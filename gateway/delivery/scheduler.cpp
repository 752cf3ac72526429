#include "gateway/delivery/scheduler.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <unordered_set>

#include "gateway/delivery/limits.h"

namespace tidegate {

namespace {

SinkLimits effective(const DeliveryOptions& options, SinkLimits sink) {
  const auto least = [](std::size_t a, std::size_t b) { return std::max<std::size_t>(1, std::min(a, b)); };
  sink.batch_events_max = least(sink.batch_events_max, options.batch.max_events);
  sink.batch_bytes_max = least(sink.batch_bytes_max, options.batch.max_bytes);
  sink.batches_in_flight_max = least(sink.batches_in_flight_max, options.in_flight);
  if (options.order == Order::strict || sink.gathers) sink.batches_in_flight_max = 1;
  return sink;
}

std::size_t window_events(const SinkLimits& sink) {
  return std::max(limits::kWindowEventsMin,
                  sink.batches_in_flight_max * sink.batch_events_max * limits::kWindowBatches);
}

std::size_t window_bytes(const SinkLimits& sink) {
  const std::size_t wanted = sink.batches_in_flight_max * sink.batch_bytes_max * limits::kWindowBatches;
  return std::min(limits::kWindowBytesMax, std::max(wanted, window_events(sink) * limits::kEventOverheadBytes));
}

}  // namespace

Scheduler::Scheduler(const DeliveryOptions& options, SinkLimits sink, const LaneState& state,
                     std::vector<Deferred> deferred, Shaper& shaper, Random& random, Instant now, Sink* destinations)
    : options_(options),
      sink_(effective(options, sink)),
      destinations_(destinations),
      shaper_(&shaper),
      random_(random),
      gate_(options, random),
      tokens_(options.rate_limit, now.steady),
      window_(options.order, window_events(sink_), window_bytes(sink_), state.cursor),
      gathering_parts_max_(std::min(options.batch.max_events, limits::kGatheringEventsMax)),
      gathering_bytes_max_(options.batch.max_bytes) {
  begin_anew(state, std::move(deferred), shaper, now);
}

void Scheduler::begin_anew(const LaneState& state, std::vector<Deferred> deferred, Shaper& shaper, Instant now) {
  shaper_ = &shaper;
  window_ = Window(options_.order, window_events(sink_), window_bytes(sink_), state.cursor);
  more_ = true;
  settled_ahead_ = state.settled_ahead;
  std::sort(settled_ahead_.begin(), settled_ahead_.end(), std::greater<>());
  pending_ = {};
  pending_.lane = state.id;
  rescheduled_.clear();
  deferred_leaving_.clear();
  cursor_settled_ = state.cursor;
  cursor_at_ = now.steady;
  gathering_.reset();
  undone_ = false;
  unshaped_.assign(std::make_move_iterator(deferred.begin()), std::make_move_iterator(deferred.end()));
  shape_deferred(now);
}

/// What enters the window of a shaped event; nothing, when its fate is known already.
std::optional<Entry> Scheduler::shaped_entry(StoredEvent& stored, Shaped& shaped, std::uint32_t attempts, Instant now) {
  switch (shaped.kind) {
    case Shaped::Kind::pass: break;
    case Shaped::Kind::filtered:
      ++counts_.filtered[std::move(shaped.reason)];
      ++unsettled_;
      pending_.filtered.push_back(stored.seq);
      return std::nullopt;
    case Shaped::Kind::failed:
      bury({stored.seq, std::move(stored.event), DeadReason::rejected, std::move(shaped.reason), attempts, now.wall,
            now.wall});
      return std::nullopt;
  }
  Entry entry{stored.seq, std::move(shaped.outs), nullptr};
  for (OutEvent& out : entry.parts) {
    out.position = stored.seq;
    if (destinations_ != nullptr) out.destination = destinations_->destination(out);
  }
  if (shaped.changed) entry.original = std::make_unique<Event>(std::move(stored.event));
  return entry;
}

void Scheduler::shape_deferred(Instant now) {
  if (unshaped_.empty()) return;
  std::vector<StoredEvent> events;
  const std::size_t count = std::min(unshaped_.size(), limits::kReadEventsMax);
  for (std::size_t i = 0; i < count; ++i) events.push_back({unshaped_[i].seq, std::move(unshaped_[i].event)});
  std::vector<Shaped> shaped = shaper_->reshape(events, now);
  for (std::size_t i = 0; i < shaped.size(); ++i) push_deferred(events[i], shaped[i], unshaped_[i], now);
  for (std::size_t i = shaped.size(); i < count; ++i) unshaped_[i].event = std::move(events[i].event);
  unshaped_.erase(unshaped_.begin(), unshaped_.begin() + static_cast<std::ptrdiff_t>(shaped.size()));
}

void Scheduler::push_deferred(StoredEvent& stored, Shaped& shaped, Deferred& deferred, Instant now) {
  std::optional<Entry> entry = shaped_entry(stored, shaped, deferred.attempts, now);
  if (!entry) return deferred_leaving_.push_back(stored.seq);
  // The wall clock may have jumped since the time was written: never wait longer than a wait may be.
  const milliseconds wait = std::clamp(deferred.retry_at - now.wall, milliseconds{0}, options_.retry.max);
  Slot& slot = window_.push_deferred(std::move(*entry), now.steady + wait);
  slot.attempts = slot.failures = deferred.attempts;
  if (deferred.attempts == 0) return;
  slot.failure = std::make_unique<Failure>(Failure{deferred.first_failure, deferred.last_failure,
                                                   std::make_shared<const std::string>(std::move(deferred.reason))});
  slot.group = ++last_group_;
}

/// Reads of a few events each would cost more than the events.
bool Scheduler::worth_a_read(std::size_t events) const noexcept {
  return events >= std::min(sink_.batch_events_max, window_.events_max() / 4);
}

std::optional<ReadWish> Scheduler::wants_read(Instant now) {
  window_.cursor();
  if (!more_ || undone_ || !unshaped_.empty() || settlements_full()) return std::nullopt;
  std::size_t room = window_.room_events();
  if (!worth_a_read(room)) {
    relieve(now);
    room = window_.room_events();
  }
  if (!worth_a_read(room)) return std::nullopt;
  return ReadWish{window_.scanned_to(), std::min(room, limits::kReadEventsMax), window_.room_bytes()};
}

/// True when the log gives an event that was settled before the start.
bool Scheduler::reread(Seq seq) const {
  return std::binary_search(settled_ahead_.begin(), settled_ahead_.end(), seq, std::greater<>());
}

void Scheduler::accept(LaneRead read, Instant now) {
  std::erase_if(read.events,
                [&](const StoredEvent& stored) { return stored.seq <= window_.scanned_to() || reread(stored.seq); });
  std::vector<Shaped> shaped;
  if (!read.events.empty()) shaped = shaper_->shape(read.events, now);
  for (std::size_t i = 0; i < shaped.size(); ++i) {
    StoredEvent& stored = read.events[i];
    const Seq seq = stored.seq;
    if (std::optional<Entry> entry = shaped_entry(stored, shaped[i], 0, now)) {
      window_.push(std::move(*entry), now.steady);
    } else {
      window_.push_settled(seq);
    }
  }
  if (shaped.size() == read.events.size()) {
    window_.scanned(read.scanned_to);
    if (read.at_end) more_ = false;
  }
  while (!settled_ahead_.empty() && settled_ahead_.back() <= window_.scanned_to()) settled_ahead_.pop_back();
}

void Scheduler::merge_deferred(std::vector<Deferred> deferred, Instant now) {
  std::unordered_set<Seq> known(deferred_leaving_.begin(), deferred_leaving_.end());
  if (gathering_) known.insert(gathering_->deferred.begin(), gathering_->deferred.end());
  for (const OpenSettlement& open : open_) known.insert(open.deferred.begin(), open.deferred.end());
  for (const Deferred& waiting : unshaped_) known.insert(waiting.seq);
  for (Deferred& each : deferred) {
    if (!window_.deferred().contains(each.seq) && !known.contains(each.seq)) unshaped_.push_back(std::move(each));
  }
  shape_deferred(now);
}

/// Past max_age an event is not sent any more.
void Scheduler::expire(Instant now) {
  if (options_.max_age.count() == 0) return;
  const WallTime oldest_allowed = now.wall - options_.max_age;
  const auto expired = [&](const Slot& slot) { return slot.state == Slot::State::ready && slot.time < oldest_allowed; };
  for (auto it = window_.deferred().begin(); it != window_.deferred().end();) {
    Slot& slot = (it++)->second;
    if (expired(slot)) bury(slot, DeadReason::expired, "older than max_age", now);
  }
  for (Slot& slot : window_.log()) {
    if (expired(slot)) bury(slot, DeadReason::expired, "older than max_age", now);
  }
}

/// Makes room by deferring what is stuck: events that failed while others went on, and those that wait behind them.
void Scheduler::relieve(Instant now) {
  if (options_.order == Order::strict || gate_.mode() != Gate::Mode::open) return;
  const std::uint32_t pass = window_.next_pass();
  std::vector<Slot*> stuck;
  for (Slot& slot : window_.log()) {
    if (slot.state == Slot::State::settled) continue;
    const bool ready = slot.state == Slot::State::ready;
    const bool fails = ready && slot.failure && slot.due > now.steady && successes_ > slot.successes_seen;
    bool is_stuck = fails;
    if (slot.key != nullptr) {
      KeyState& key = *slot.key;
      // Only from the first of its key on, so that nothing deferred comes before something that stays.
      if (key.pass != pass) key.marked = fails || (ready && key.deferred > 0);
      key.pass = pass;
      key.marked = key.marked && ready;
      is_stuck = key.marked;
    }
    if (is_stuck) stuck.push_back(&slot);
  }
  // As long as most of the window moves, a stuck event costs nothing.
  if (stuck.empty() || (!window_.span_used_up() && stuck.size() < window_.held() / 2)) return;
  // Nothing is deferred while earlier events of its key may come again: what is deferred of a key goes before the
  // log's.
  if (gathering_) return end_gathering();
  for (Slot* slot : stuck) {
    if (!window_.room_to_defer(*slot)) return;
    rescheduled_.push_back(window_.defer(*slot).seq);
  }
}

PickRules Scheduler::rules(Instant now, std::size_t batches_free) {
  PickRules rules{sink_.batch_events_max, sink_.batch_bytes_max, options_.batch.max_wait, batches_free,
                  sink_.takes_out_of_order && options_.order != Order::none};
  if (bytes_cap_ != 0) rules.bytes_max = std::min(rules.bytes_max, bytes_cap_);
  // A batch that is larger than the window's memory never fills: it would wait for company that cannot come.
  const bool no_company = more_ && flights_.empty() && !worth_a_read(window_.room_events());
  if (no_company) rules.max_wait = milliseconds{0};
  limit_to_gathering(rules, now.steady);
  if (!tokens_.limits()) return rules;
  // Wait for a whole batch's worth of tokens, or for as many as there can be or are needed.
  const std::size_t held = window_.held() + window_.deferred().size();
  const std::size_t available = tokens_.available(now.steady);
  const std::size_t enough = std::min(rules.events_max, held);
  const SteadyTime ready_at = tokens_.ready_at(enough);
  if (ready_at > now.steady) {
    rules.batches_free = 0;
    look_again_ = std::min(look_again_, ready_at);
    return rules;
  }
  rules.events_max = std::min(rules.events_max, std::max<std::size_t>(available, 1));
  return rules;
}

std::optional<Batch> Scheduler::next_batch(Instant now) {
  look_again_ = SteadyTime::max();
  expire(now);
  const std::size_t free = gate_.batches_free(now.steady, flights_.size(), sink_.batches_in_flight_max);
  if (free == 0 || undone_ || (window_.empty() && !gathering_) || settlements_full()) {
    look_again_ = gate_.look_again(now.steady);
    return std::nullopt;
  }
  if (now.steady < end_again_) {
    look_again_ = end_again_;
    return std::nullopt;
  }
  // An event may be held only when its deferral is on its way to the disk: else a later one of its key, deferred with
  // it, would come before it after a loss.
  if (sink_.gathers && !rescheduled_.empty()) {
    if (open_.size() < limits::kSettlementsOpenMax) look_again_ = now.steady;
    return std::nullopt;
  }
  Pick pick;
  if (!only_end_) pick = pick_batch(window_, rules(now, free), now.steady);
  if (gathering_ && !pick.slots.empty() && pick.slots.front()->destination() != gathering_->destination) {
    pick.slots.clear();
    end_gathering();
  }
  if (pick.slots.empty() && !gathering_ends(now.steady)) {
    look_again_ = std::min(look_again_, pick.look_again);
    if (gathering_) look_again_ = std::min(look_again_, gathering_->ends_by);
    return std::nullopt;
  }
  return take_off(std::move(pick.slots), now);
}

Batch Scheduler::take_off(std::vector<Slot*> slots, Instant now) {
  Flight flight;
  flight.id = BatchId{++last_batch_};
  flight.slots = std::move(slots);
  flight.probe = gate_.leave();
  flight.credential = gate_.credential();
  Batch batch;
  batch.id = flight.id;
  batch.events.reserve(flight.slots.size());
  bool resent = false;
  for (Slot* slot : flight.slots) {
    slot->state = Slot::State::in_flight;
    resent |= slot->attempts > 0;
    for (std::size_t i = 0; i < slot->leaving; ++i) {
      flight.bytes += slot->parts.size() == 1 ? slot->bytes : payload_bytes(slot->parts[i].event);
      batch.events.push_back(&slot->parts[i]);
    }
  }
  flight.parts = batch.events.size();
  if (gathering_) {
    flight.ends_by = gathering_->ends_by;
  } else if (!flight.slots.empty()) {
    flight.ends_by = flight.slots.front()->due + options_.batch.max_wait;
  }
  batch.more = sink_.gathers && may_gather_on(flight, now.steady);
  tokens_.take(batch.events.size());
  if (resent) ++counts_.resent;
  flights_.push_back(std::move(flight));
  return batch;
}

bool Scheduler::waits_for_settlement() const noexcept {
  return !open_.empty() && (undone_ || open_.size() >= limits::kSettlementsOpenMax || settlements_full());
}

bool Scheduler::settlements_full() const noexcept {
  return unsettled_ >= window_.events_max() || dead_bytes_pending_ + dead_bytes_open_ >= limits::kWindowBytesMax;
}

std::optional<Settlement> Scheduler::next_settlement(Instant now, bool last) {
  if (open_.size() >= limits::kSettlementsOpenMax && !last) return std::nullopt;
  pending_.cursor = gathering_ ? gathering_->after : window_.cursor();
  const bool cursor_moved = pending_.cursor > cursor_settled_;
  Shaper::Changes changes = shaper_->take_changes();
  const bool events = !pending_.delivered.empty() || !pending_.filtered.empty() || !pending_.dead.empty() ||
                      !rescheduled_.empty() || !changes.state.empty() || !changes.emitted.empty();
  const bool hurry = last || now.steady >= cursor_at_ + limits::kCursorInterval;
  if (!events && !(cursor_moved && hurry)) return std::nullopt;

  pending_.state = std::move(changes.state);
  pending_.emitted = std::move(changes.emitted);
  std::sort(rescheduled_.begin(), rescheduled_.end());
  rescheduled_.erase(std::unique(rescheduled_.begin(), rescheduled_.end()), rescheduled_.end());
  for (const Seq seq : rescheduled_) {
    const auto found = window_.deferred().find(seq);
    if (found == window_.deferred().end()) continue;  // settled since
    const Slot& slot = found->second;
    Deferred row{seq, slot.event(), slot.attempts, now.wall, {}, {}, {}};
    row.retry_at += std::chrono::duration_cast<milliseconds>(std::max(slot.due, now.steady) - now.steady);
    if (slot.failure) {
      row.first_failure = slot.failure->first;
      row.last_failure = slot.failure->last;
      row.reason = *slot.failure->reason;
    }
    pending_.deferred.push_back(std::move(row));
  }
  rescheduled_.clear();

  OpenSettlement open;
  open.events = pending_.delivered.size() + pending_.filtered.size() + pending_.dead.size();
  if (gathering_) gathering_->passed += open.events + pending_.deferred.size();
  open.deferred = std::exchange(deferred_leaving_, {});
  open.dead_bytes = std::exchange(dead_bytes_pending_, 0);
  dead_bytes_open_ += open.dead_bytes;
  open_.push_back(std::move(open));
  cursor_settled_ = pending_.cursor;
  cursor_at_ = now.steady;
  const LaneId lane = pending_.lane;
  Settlement settlement = std::exchange(pending_, {});
  pending_.lane = lane;
  return settlement;
}

void Scheduler::settlement_done() {
  if (open_.empty()) return;
  unsettled_ -= open_.front().events;
  dead_bytes_open_ -= open_.front().dead_bytes;
  open_.pop_front();
}

SteadyTime Scheduler::look_again(Instant now) const {
  SteadyTime at = std::min(look_again_, shaper_->look_again());
  if (options_.max_age.count() > 0 && !window_.empty()) {
    const WallTime next = window_.oldest().value_or(now.wall) + options_.max_age + milliseconds{1};
    at = std::min(at, now.steady + std::clamp<milliseconds>(next - now.wall, milliseconds{1}, limits::kIdleInterval));
  }
  return at;
}

}  // namespace tidegate
