#include "gateway/delivery/window.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/delivery/limits.h"

namespace tidegate {

namespace {

/// What stays in the log where an event is done, or waits elsewhere.
Slot settled_slot(Seq seq) {
  Slot slot;
  slot.seq = seq;
  slot.state = Slot::State::settled;
  return slot;
}

}  // namespace

Window::Window(Order order, std::size_t events_max, std::size_t bytes_max, Seq cursor)
    : order_(order), events_max_(events_max), bytes_max_(bytes_max), scanned_to_(cursor) {}

std::size_t Window::span_factor() noexcept { return limits::kWindowSpan; }

Slot Window::make(Entry entry, SteadyTime due) {
  Slot slot;
  slot.seq = entry.seq;
  slot.due = due;
  slot.parts = std::move(entry.parts);
  slot.original = std::move(entry.original);
  const Event& event = slot.event();
  slot.time = event.time;
  std::size_t bytes = 0;
  for (const OutEvent& part : slot.parts) bytes += payload_bytes(part.event);
  slot.bytes = static_cast<std::uint32_t>(bytes);
  std::size_t footprint = bytes + slot.parts.size() * limits::kEventOverheadBytes;
  if (slot.original) footprint += payload_bytes(event) + limits::kEventOverheadBytes;
  slot.footprint = static_cast<std::uint32_t>(footprint);
  if (order_ == Order::by_key) {
    const std::uint64_t hash = std::hash<std::string_view>{}(event.subject);
    KeyState& key = keys_[hash];
    key.hash = hash;
    ++key.held;
    slot.key = &key;
  }
  return slot;
}

void Window::push(Entry entry, SteadyTime now) {
  log_.push_back(make(std::move(entry), now));
  ++held_;
  held_bytes_ += log_.back().footprint;
  scanned(log_.back().seq);
}

void Window::push_settled(Seq seq) {
  if (!log_.empty()) log_.push_back(settled_slot(seq));
  scanned(seq);
}

Slot& Window::push_deferred(Entry entry, SteadyTime due) {
  const Seq seq = entry.seq;
  Slot& slot = deferred_.insert_or_assign(seq, make(std::move(entry), due)).first->second;
  slot.deferred = true;
  if (slot.key != nullptr) ++slot.key->deferred;
  deferred_bytes_ += slot.footprint;
  lower_deferred_due(due);
  return slot;
}

void Window::drop_parts(Slot& slot, const std::vector<bool>& delivered) {
  std::size_t kept = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < slot.parts.size(); ++i) {
    if (i < delivered.size() && delivered[i]) continue;
    bytes += payload_bytes(slot.parts[i].event);
    if (kept != i) slot.parts[kept] = std::move(slot.parts[i]);
    ++kept;
  }
  slot.parts.resize(kept);
  slot.bytes = static_cast<std::uint32_t>(bytes);
}

Slot& Window::defer(Slot& slot) {
  Slot& moved = deferred_[slot.seq];
  moved = std::exchange(slot, settled_slot(slot.seq));
  moved.deferred = true;
  if (moved.key != nullptr) ++moved.key->deferred;
  deferred_bytes_ += moved.footprint;
  held_bytes_ -= moved.footprint;
  --held_;
  lower_deferred_due(moved.due);
  return moved;
}

void Window::release(Slot& slot) {
  slot.parts = {};
  slot.original.reset();
  slot.failure.reset();
  slot.state = Slot::State::settled;
  if (slot.key == nullptr) return;
  if (slot.deferred) --slot.key->deferred;
  if (--slot.key->held == 0) keys_.erase(slot.key->hash);
  slot.key = nullptr;
}

void Window::settle(Slot& slot) {
  if (slot.deferred) {
    deferred_bytes_ -= slot.footprint;
    release(slot);
    deferred_.erase(Seq{slot.seq});
    deferred_due_ = SteadyTime::min();  // what waited behind it may be next
    return;
  }
  held_bytes_ -= slot.footprint;
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
  return deferred_.size() < limits::kDeferredEventsMax && deferred_bytes_ + slot.footprint <= limits::kDeferredBytesMax;
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
