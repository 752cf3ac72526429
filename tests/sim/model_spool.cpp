#include "tests/sim/model_spool.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidegate::testing {

Seq ModelSpool::append(Event event, bool ours) {
  events_.push_back({std::move(event), ours});
  return Seq{events_.size()};
}

LaneRead ModelSpool::read(Seq from, std::size_t events_max, std::size_t bytes_max) const {
  LaneRead read;
  read.scanned_to = from;
  std::size_t bytes = 0;
  for (std::uint64_t seq = from.value + 1; seq <= events_.size(); ++seq) {
    const Row& row = events_[seq - 1];
    if (row.ours && !evicted_.contains(Seq{seq})) {
      bytes += payload_bytes(row.event);
      if (read.events.size() == events_max || (bytes > bytes_max && !read.events.empty())) return read;
      read.events.push_back({Seq{seq}, row.event});
    }
    read.scanned_to = Seq{seq};
  }
  read.at_end = true;
  return read;
}

ModelSpool::Place ModelSpool::place(Seq seq) const {
  if (deferred_.contains(seq)) return Place::deferred;
  return seq <= cursor_ || ahead_.contains(seq) ? Place::settled : Place::log;
}

bool ModelSpool::leave(Seq seq, const char* as) {
  if (seq.value == 0 || seq.value > events_.size() || !events_[seq.value - 1].ours) {
    complaint_(fmt::format("event {} {} is not the lane's", seq.value, as));
    return false;
  }
  if (evicted_.contains(seq)) return false;  // the spool ignores it
  if (place(seq) == Place::settled) {
    complaint_(fmt::format("event {} is settled twice, now as {}", seq.value, as));
    return false;
  }
  deferred_.erase(seq);
  ahead_.insert(seq);
  return true;
}

bool ModelSpool::commit() {
  if (queue_.empty()) return false;
  Settlement settlement = std::move(queue_.front());
  queue_.pop_front();
  if (settlement.lane != lane_) complaint_("a settlement names another lane");
  for (const Seq seq : settlement.delivered) {
    if (leave(seq, "delivered")) delivered_.insert(seq);
  }
  for (const Seq seq : settlement.filtered) {
    if (leave(seq, "filtered")) filtered_.insert(seq);
  }
  for (DeadEvent& dead : settlement.dead) {
    if (dead.event != events_[dead.seq.value - 1].event) complaint_("a dead letter is not the whole event");
    if (leave(dead.seq, "dead")) dead_.insert_or_assign(dead.seq, std::move(dead));
  }
  for (Deferred& deferred : settlement.deferred) {
    if (deferred.event != events_[deferred.seq.value - 1].event) complaint_("a deferred event is not whole");
    const bool again = deferred_.contains(deferred.seq);
    if (again || leave(deferred.seq, "deferred")) deferred_.insert_or_assign(deferred.seq, std::move(deferred));
  }
  check_cursor(settlement.cursor);
  for (LaneStateChange& change : settlement.state) {
    if (change.key.empty()) complaint_("a state row has no key");
    if (change.erase)
      state_rows_.erase(change.key);
    else
      state_rows_.insert_or_assign(std::move(change.key), std::move(change.value));
  }
  emit(std::move(settlement.emitted));
  return true;
}

void ModelSpool::emit(std::vector<Event> events) {
  for (Event& event : events) {
    if (event.id.empty()) complaint_("an emitted event has no id");
    if (!emitted_.insert(event.id).second) complaint_(fmt::format("{} is emitted twice", event.id));
    append(std::move(event), true);
  }
}

void ModelSpool::check_cursor(Seq cursor) {
  for (std::uint64_t seq = cursor_.value + 1; seq <= cursor.value; ++seq) {
    const bool ours = seq <= events_.size() && events_[seq - 1].ours && !evicted_.contains(Seq{seq});
    if (ours && !ahead_.contains(Seq{seq})) {
      complaint_(fmt::format("LOST: the cursor passes event {}, which is not settled", seq));
    }
  }
  if (cursor <= cursor_) return;
  cursor_ = cursor;
  ahead_.erase(ahead_.begin(), ahead_.upper_bound(cursor_));
}

Seq ModelSpool::evict(Seq to) {
  for (std::uint64_t seq = cursor_.value + 1; seq <= to.value; ++seq) {
    if (events_[seq - 1].ours && place(Seq{seq}) == Place::log) evicted_.insert(Seq{seq});
  }
  cursor_ = std::max(cursor_, to);
  ahead_.erase(ahead_.begin(), ahead_.upper_bound(cursor_));
  return cursor_;
}

std::vector<Seq> ModelSpool::retry_dead() {
  std::vector<Seq> seqs;
  for (auto& [seq, dead] : dead_) {
    Deferred back;
    back.seq = seq;
    back.event = std::move(dead.event);
    deferred_.emplace(seq, std::move(back));
    seqs.push_back(seq);
  }
  dead_.clear();
  return seqs;
}

LaneState ModelSpool::state() const {
  LaneState state;
  state.id = lane_;
  state.cursor = cursor_;
  state.settled_ahead.assign(ahead_.begin(), ahead_.end());
  return state;
}

std::vector<Deferred> ModelSpool::deferred() const {
  std::vector<Deferred> all;
  for (const auto& [seq, each] : deferred_) all.push_back(each);
  return all;
}

std::size_t ModelSpool::pending() const {
  std::size_t pending = deferred_.size();
  for (std::uint64_t seq = cursor_.value + 1; seq <= events_.size(); ++seq) {
    if (events_[seq - 1].ours && !evicted_.contains(Seq{seq}) && !ahead_.contains(Seq{seq})) ++pending;
  }
  return pending;
}

}  // namespace tidegate::testing
