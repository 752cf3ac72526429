#include "gateway/delivery/window.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/delivery/limits.h"

namespace tidegate {

namespace {

std::size_t footprint(const Slot& slot) { return slot.bytes + limits::kEventOverheadBytes; }

}  // namespace

Window::Window(Order order, std::size_t events_max, std::size_t bytes_max, Seq cursor)
    : order_(order), events_max_(events_max), bytes_max_(bytes_max), scanned_to_(cursor) {}

std::size_t Window::span_factor() noexcept { return limits::kWindowSpan; }

Slot Window::make(Seq seq, OutEvent out, SteadyTime due) {
  Slot slot;
  slot.seq = seq;
  slot.due = due;
  slot.time = out.event.time;
  slot.bytes = static_cast<std::uint32_t>(payload_bytes(out.event));
  if (order_ == Order::by_key) {
    const std::uint64_t hash = std::hash<std::string_view>{}(out.event.subject);
    KeyState& key = keys_[hash];
    key.hash = hash;
    ++key.held;
    slot.key = &key;
  }
  slot.out = std::make_unique<OutEvent>(std::move(out));
  return slot;
}

void Window::push(Seq seq, OutEvent out, SteadyTime now) {
  log_.push_back(make(seq, std::move(out), now));
  ++held_;
  held_bytes_ += footprint(log_.back());
  scanned(seq);
}

Slot& Window::push_deferred(Seq seq, OutEvent out, SteadyTime due) {
  Slot& slot = deferred_.insert_or_assign(seq, make(seq, std::move(out), due)).first->second;
  slot.deferred = true;
  if (slot.key != nullptr) ++slot.key->deferred;
  deferred_bytes_ += footprint(slot);
  lower_deferred_due(due);
  return slot;
}

Slot& Window::defer(Slot& slot) {
  Slot& moved = deferred_[slot.seq];
  moved = std::move(slot);
  moved.deferred = true;
  if (moved.key != nullptr) ++moved.key->deferred;
  deferred_bytes_ += footprint(moved);
  held_bytes_ -= footprint(moved);
  --held_;
  slot.key = nullptr;
  slot.state = Slot::State::settled;
  lower_deferred_due(moved.due);
  return moved;
}

void Window::release(Slot& slot) {
  slot.out.reset();
  slot.failure.reset();
  slot.state = Slot::State::settled;
  if (slot.key == nullptr) return;
  if (slot.deferred) --slot.key->deferred;
  if (--slot.key->held == 0) keys_.erase(slot.key->hash);
  slot.key = nullptr;
}

void Window::settle(Slot& slot) {
  if (slot.deferred) {
    deferred_bytes_ -= footprint(slot);
    release(slot);
    deferred_.erase(Seq{slot.seq});
    deferred_due_ = SteadyTime::min();  // what waited behind it may be next
    return;
  }
  held_bytes_ -= footprint(slot);
  --held_;
  release(slot);
}

void Window::evict(Seq to) {
  for (Slot& slot : log_) {
    if (slot.seq > to) break;
    if (slot.state == Slot::State::ready) settle(slot);
    if (slot.state == Slot::State::in_flight) slot.evicted = true;
  }
  scanned(to);
}

void Window::scanned(Seq to) noexcept { scanned_to_ = std::max(scanned_to_, to); }

Seq Window::cursor() {
  while (!log_.empty() && log_.front().state == Slot::State::settled) log_.pop_front();
  return log_.empty() ? scanned_to_ : Seq{log_.front().seq.value - 1};
}

std::size_t Window::room_events() const noexcept {
  if (span_used_up() || held_bytes_ >= bytes_max_) return 0;
  return held_ >= events_max_ ? 0 : events_max_ - held_;
}

std::size_t Window::room_bytes() const noexcept { return held_bytes_ >= bytes_max_ ? 0 : bytes_max_ - held_bytes_; }

bool Window::room_to_defer(const Slot& slot) const noexcept {
  return deferred_.size() < limits::kDeferredEventsMax &&
         deferred_bytes_ + footprint(slot) <= limits::kDeferredBytesMax;
}

std::optional<WallTime> Window::oldest() const {
  std::optional<WallTime> oldest;
  if (!deferred_.empty()) oldest = deferred_.begin()->second.time;
  for (const Slot& slot : log_) {
    if (slot.state == Slot::State::settled) continue;
    return oldest ? std::min(*oldest, slot.time) : slot.time;
  }
  return oldest;
}

}  // namespace tidegate
