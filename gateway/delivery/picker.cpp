#include "gateway/delivery/picker.h"

#include <algorithm>

namespace tidegate {

namespace {

/// Says, slot by slot in the order of the log, which events may leave now.
class Pass {
 public:
  Pass(Window& window, const PickRules& rules, SteadyTime now)
      : order_(window.order()), one_per_key_(rules.one_per_key), number_(window.next_pass()), now_(now) {}

  bool may_leave(Slot& slot) {
    if (slot.state == Slot::State::settled) return false;
    const bool free = is_free(slot);
    if (order_ == Order::strict) return strict(slot, free);
    return slot.key == nullptr ? free : by_key(*slot.key, slot, free);
  }
  [[nodiscard]] SteadyTime next_due() const noexcept { return next_due_; }
  [[nodiscard]] bool over() const noexcept { return closed_; }

 private:
  bool is_free(const Slot& slot) {
    if (slot.state != Slot::State::ready) return false;
    if (slot.due > now_) {
      next_due_ = std::min(next_due_, slot.due);
      return false;
    }
    // What is deferred of a key comes before what the log still holds of it.
    return slot.deferred || slot.key == nullptr || slot.key->deferred == 0;
  }

  bool strict(const Slot& slot, bool free) {
    if (closed_) return false;
    if (!first_known_) {
      group_ = slot.group;
      destination_ = slot.destination();
    }
    first_known_ = true;
    const bool leaves = free && slot.group == group_ && slot.destination() == destination_;
    closed_ = !leaves || one_per_key_;
    return leaves;
  }

  // The first event held of a key speaks for the rest: they follow it in the same group to the same place, or wait.
  // Where there may be only one of a key, all others wait.
  bool by_key(KeyState& key, const Slot& slot, bool free) const {
    if (key.pass != number_) {
      key.pass = number_;
      key.group = slot.group;
      key.destination = slot.destination();
      key.marked = !free;
    } else if (!free || key.group != slot.group || key.destination != slot.destination() || one_per_key_) {
      key.marked = true;
    }
    return !key.marked;
  }

  Order order_;
  bool one_per_key_;
  std::uint32_t number_;
  SteadyTime now_;
  SteadyTime next_due_ = SteadyTime::max();
  bool closed_ = false;
  bool first_known_ = false;
  std::uint32_t group_ = 0;
  std::uint64_t destination_ = 0;
};

/// Calls `visit(slot)` for the deferred events, if `deferred_too`, then the log's, until it says false.
template <class Visit>
void visit_in_order(Window& window, bool deferred_too, Visit&& visit) {
  if (deferred_too) {
    for (auto& [seq, slot] : window.deferred()) {
      if (!visit(slot)) return;
    }
  }
  for (Slot& slot : window.log()) {
    if (!visit(slot)) return;
  }
}

bool deferred_may_leave(const Window& window, SteadyTime now) {
  return window.order() == Order::strict || window.deferred_due() <= now;
}

/// What is ready: fresh events, which wait for company, and groups, which don't.
struct Survey {
  const Slot* fresh = nullptr;    ///< the first
  const Slot* grouped = nullptr;  ///< the first
  std::size_t fresh_events = 0;
  std::size_t fresh_bytes = 0;
  SteadyTime next_due = SteadyTime::max();

  [[nodiscard]] std::size_t batches_ready(const PickRules& rules) const {
    return std::max(fresh_events / rules.events_max, fresh_bytes / rules.bytes_max);
  }
};

Survey survey(Window& window, const PickRules& rules, SteadyTime now) {
  Survey found;
  Pass pass(window, rules, now);
  const bool deferred_too = deferred_may_leave(window, now);
  std::size_t deferred_seen = 0;
  bool deferred_leave = false;
  visit_in_order(window, deferred_too, [&](Slot& slot) {
    const bool leaves = pass.may_leave(slot);
    if (slot.deferred) {
      deferred_leave |= leaves;
      if (++deferred_seen == window.deferred().size()) {
        window.set_deferred_due(deferred_leave ? now : pass.next_due());
      }
    }
    if (leaves) {
      const Slot*& first = slot.group == 0 ? found.fresh : found.grouped;
      if (first == nullptr) first = &slot;
      if (slot.group == 0) {
        found.fresh_events += slot.parts.size();
        found.fresh_bytes += slot.bytes;
      }
    }
    return !pass.over() && found.batches_ready(rules) < rules.batches_free;
  });
  found.next_due = std::min(pass.next_due(), window.deferred_due() > now ? window.deferred_due() : SteadyTime::max());
  return found;
}

/// What a batch holds so far.
struct Load {
  std::size_t events = 0;
  std::size_t bytes = 0;
};

/// Adds the parts of an event for which there is room, the first of a batch in any case. False: some of them, or the
/// whole event, must wait for another batch.
bool add_parts(Slot& slot, const PickRules& rules, Load& load) {
  const std::size_t parts_max = rules.one_per_key ? 1 : slot.parts_max == 0 ? slot.parts.size() : slot.parts_max;
  slot.leaving = 0;
  for (const OutEvent& part : slot.parts) {
    const std::size_t bytes = slot.parts.size() == 1 ? slot.bytes : payload_bytes(part.event);
    const bool full = load.events == rules.events_max || load.bytes + bytes > rules.bytes_max;
    if ((full && load.events > 0) || slot.leaving == parts_max || part.destination != slot.destination()) return false;
    ++slot.leaving;
    ++load.events;
    load.bytes += bytes;
  }
  return true;
}

/// Takes the events that may leave together with `first`: of its group, and of its share of the keys.
std::vector<Slot*> take(Window& window, const PickRules& rules, SteadyTime now, const Slot& first, std::size_t shares) {
  std::vector<Slot*> taken;
  taken.reserve(std::min(rules.events_max, window.held() + window.deferred().size()));
  Load load;
  const auto in_share = [&](const Slot& slot) {
    return shares < 2 || slot.key == nullptr || slot.key->hash % shares == first.key->hash % shares;
  };
  Pass pass(window, rules, now);
  visit_in_order(window, deferred_may_leave(window, now), [&](Slot& slot) {
    if (!pass.may_leave(slot)) return !pass.over();
    if (slot.group != first.group || slot.destination() != first.destination() || !in_share(slot)) return true;
    const bool whole = add_parts(slot, rules, load);
    if (slot.leaving > 0) taken.push_back(&slot);
    return whole && load.events < rules.events_max;
  });
  return taken;
}

}  // namespace

Pick pick_batch(Window& window, const PickRules& rules, SteadyTime now) {
  Pick pick;
  if (window.empty() || rules.batches_free == 0) return pick;
  const Survey found = survey(window, rules, now);
  pick.look_again = found.next_due;

  const Slot* first = found.grouped;
  if (found.fresh != nullptr) {
    const SteadyTime leaves_at = found.fresh->due + rules.max_wait;
    const bool leaves = found.batches_ready(rules) > 0 || leaves_at <= now;
    if (!leaves) pick.look_again = std::min(pick.look_again, leaves_at);
    if (leaves && (first == nullptr || found.fresh->seq < first->seq)) first = found.fresh;
  }
  if (first == nullptr) return pick;

  const std::size_t shares = first->group == 0 ? std::min(found.batches_ready(rules), rules.batches_free) : 1;
  pick.slots = take(window, rules, now, *first, first->key == nullptr ? 1 : shares);
  return pick;
}

}  // namespace tidegate
