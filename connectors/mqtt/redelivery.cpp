#include "connectors/mqtt/redelivery.h"

#include <algorithm>
#include <cassert>

#include "connectors/mqtt/wire.h"

namespace tidegate::mqtt {

namespace {

constexpr std::string_view kRecordPrefix = "q1/";
constexpr std::string_view kOpenPrefix = "q2/";
/// A record stands for one packet id at least, so there are never more slots than ids.
constexpr std::uint32_t kSlotsMax = 65536;
/// Batches whose memory is kept for the next ones.
constexpr std::size_t kSpareMax = 16;

void put_u64(std::string& out, std::uint64_t value) {
  put_u32(out, static_cast<std::uint32_t>(value >> 32));
  put_u32(out, static_cast<std::uint32_t>(value));
}

std::uint64_t read_u64(Reader& reader) {
  const std::uint64_t high = reader.u32();
  return high << 32 | reader.u32();
}

std::string record_key(std::uint32_t slot) {
  std::string key(kRecordPrefix);
  put_u32(key, slot);
  return key;
}

std::string open_key(std::uint16_t packet_id) {
  std::string key(kOpenPrefix);
  put_u16(key, packet_id);
  return key;
}

}  // namespace

Redelivery::Entry& Redelivery::entry(std::uint16_t packet_id) {
  auto& page = pages_[packet_id / kPageEntries];
  if (!page) {
    // Brokers walk through the ids: where a page is entered, an older one has usually been left.
    for (auto& old : pages_) {
      const auto free = [](const Entry& e) { return e.state == State::free; };
      if (old && std::all_of(old->entries.begin(), old->entries.end(), free)) old.reset();
    }
    page = std::make_unique<Page>();
  }
  return page->entries[packet_id % kPageEntries];
}

Redelivery::Entry* Redelivery::find(std::uint16_t packet_id) noexcept {
  auto& page = pages_[packet_id / kPageEntries];
  return page ? &page->entries[packet_id % kPageEntries] : nullptr;
}

void Redelivery::forget(Entry& e) {
  if (e.slot != kNoSlot && --slot_entries_[e.slot] == 0) stale_slots_.push_back(e.slot);
  e = Entry{};
}

void Redelivery::restore(const std::vector<std::pair<std::string, std::string>>& state) {
  std::vector<std::tuple<std::uint64_t, std::uint32_t, std::string_view>> records;
  for (const auto& [key, value] : state) {
    Reader name(key);
    Reader content(value);
    const std::string_view prefix = name.bytes(kRecordPrefix.size());
    if (prefix == kRecordPrefix) {
      const std::uint32_t slot = name.u32();
      const std::uint64_t order = read_u64(content);
      if (name.ok() && content.ok() && slot < kSlotsMax) records.emplace_back(order, slot, content.rest());
    } else if (prefix == kOpenPrefix) {
      const std::uint16_t packet_id = name.u16();
      const std::uint64_t hash = read_u64(content);
      if (name.ok() && content.ok()) entry(packet_id) = Entry{hash, 0, 0, kNoSlot, 0, State::stored, 2};
    }
  }
  // A packet id may be in several records: the latest holds.
  std::sort(records.begin(), records.end());
  for (const auto& [order, slot, entries] : records) {
    next_order_ = order + 1;
    restore_record(slot, entries);
  }
  for (std::uint32_t slot = 0; slot < slot_entries_.size(); ++slot) {
    const auto same = [slot](const auto& record) { return std::get<1>(record) == slot; };
    if (std::none_of(records.begin(), records.end(), same)) free_slots_.push_back(slot);
  }
}

void Redelivery::restore_record(std::uint32_t slot, std::string_view entries) {
  if (slot >= slot_entries_.size()) slot_entries_.resize(slot + 1, 0);
  Reader reader(entries);
  while (!reader.at_end()) {
    const std::uint16_t packet_id = reader.u16();
    const std::uint64_t hash = read_u64(reader);
    if (!reader.ok()) break;
    Entry& e = entry(packet_id);
    if (e.qos == 2) continue;  // an open QoS 2 message is newer: its key is erased when it ends
    forget(e);
    e = Entry{hash, 0, 0, slot, 0, State::stored, 1};
    ++slot_entries_[slot];
  }
  if (slot_entries_[slot] == 0) stale_slots_.push_back(slot);
}

void Redelivery::connected(bool session_present, std::vector<SourceStateChange>& changes) {
  ++connection_;
  acks_sent_ = 0;
  unproven_.clear();
  if (session_present)
    older_left_ = true;
  else
    forget_everything(changes);
}

void Redelivery::forget_everything(std::vector<SourceStateChange>& changes) {
  for (std::size_t p = 0; p < pages_.size(); ++p) {
    for (std::size_t i = 0; pages_[p] && i < kPageEntries; ++i)
      if (pages_[p]->entries[i].qos == 2)
        changes.push_back({open_key(static_cast<std::uint16_t>(p * kPageEntries + i)), {}, true});
  }
  for (const std::uint16_t id : stale_q2_) changes.push_back({open_key(id), {}, true});
  stale_q2_.clear();
  for (std::uint32_t slot = 0; slot < slot_entries_.size(); ++slot)
    if (slot_entries_[slot] > 0) changes.push_back({record_key(slot), {}, true});
  for (const std::uint32_t slot : stale_slots_) changes.push_back({record_key(slot), {}, true});
  stale_slots_.clear();
  free_slots_.clear();
  slot_entries_.clear();
  for (auto& page : pages_) page.reset();
  // Their receipts are still to come, and have nothing to acknowledge.
  for (Batch& batch : sealed_) batch.items.clear();
  filling_.items.clear();
  filling_.has_publish = false;
  older_left_ = false;
}

void Redelivery::forget_older_connections() {
  for (auto& page : pages_) {
    if (!page) continue;
    for (Entry& e : page->entries) {
      const bool settled = e.state == State::stored || e.state == State::acked;
      if (settled && e.qos == 1 && e.connection != connection_) forget(e);
    }
  }
  older_left_ = false;
}

void Redelivery::prove(std::uint64_t acks) {
  while (!unproven_.empty()) {
    const std::uint64_t first = acks_sent_ - unproven_.size() + 1;
    if (first > acks) return;
    const std::uint16_t packet_id = unproven_.front();
    unproven_.pop_front();
    Entry* e = find(packet_id);
    if (e != nullptr && e->state == State::acked && e->number == first && e->connection == connection_) forget(*e);
  }
}

void Redelivery::ping_answered(std::uint64_t acks) {
  prove(acks);
  if (older_left_) forget_older_connections();
}

Arrival Redelivery::publish(std::uint8_t qos, std::uint16_t packet_id, std::uint64_t hash, bool dup) {
  Entry& e = entry(packet_id);
  const bool held = e.state == State::waiting || e.state == State::stored || e.state == State::acked;
  // At QoS 2 an id stands for its message until it is released, DUP or not [MQTT-4.3.3-10].
  if (held && e.qos == qos && e.hash == hash && (dup || qos == 2)) {
    e.connection = connection_;
    return e.state == State::waiting ? Arrival::waiting : Arrival::known;
  }
  if (e.state == State::acked && e.connection == connection_) prove(e.number);
  if (e.qos == 2) stale_q2_.push_back(packet_id);
  forget(e);
  e = Entry{hash, next_ticket_, connection_, kNoSlot, 0, State::waiting, qos};
  filling_.items.push_back({packet_id, false});
  filling_.has_publish = true;
  return Arrival::fresh;
}

Arrival Redelivery::release(std::uint16_t packet_id) {
  Entry* e = find(packet_id);
  if (e == nullptr || e->qos != 2) return Arrival::known;
  e->released_on = connection_;
  if (e->state == State::releasing) return Arrival::waiting;
  submit_release(packet_id, *e);
  return Arrival::fresh;
}

void Redelivery::submit_release(std::uint16_t packet_id, Entry& e) {
  e.state = State::releasing;
  e.number = next_ticket_;
  filling_.items.push_back({packet_id, true});
}

void Redelivery::acknowledged(std::uint16_t packet_id) {
  ++acks_sent_;
  unproven_.push_back(packet_id);
  Entry& e = entry(packet_id);
  e.state = State::acked;
  e.number = acks_sent_;
}

Ticket Redelivery::seal(std::vector<SourceStateChange>& changes) {
  for (const std::uint16_t id : stale_q2_) changes.push_back({open_key(id), {}, true});
  stale_q2_.clear();
  for (const Item& item : filling_.items) {
    const Entry* e = find(item.packet_id);
    if (item.is_release) {
      changes.push_back({open_key(item.packet_id), {}, true});
    } else if (e->qos == 2) {
      std::string value;
      put_u64(value, e->hash);
      changes.push_back({open_key(item.packet_id), std::move(value), false});
    }
  }
  seal_record(changes);
  for (const std::uint32_t slot : stale_slots_) {
    changes.push_back({record_key(slot), {}, true});
    free_slots_.push_back(slot);
  }
  stale_slots_.clear();
  sealed_.push_back(std::move(filling_));
  filling_ = Batch{};
  if (!spare_.empty()) {
    filling_.items = std::move(spare_.back());
    spare_.pop_back();
  }
  return next_ticket_++;
}

void Redelivery::seal_record(std::vector<SourceStateChange>& changes) {
  std::string record;
  for (const Item& item : filling_.items) {
    Entry& e = *find(item.packet_id);
    if (item.is_release || e.qos != 1 || e.slot != kNoSlot) continue;
    if (record.empty()) {
      // A slot whose content is stale is written over: one change instead of two.
      auto& from = stale_slots_.empty() ? free_slots_ : stale_slots_;
      if (from.empty()) {
        from.push_back(static_cast<std::uint32_t>(slot_entries_.size()));
        slot_entries_.push_back(0);
      }
      filling_.slot = from.back();
      from.pop_back();
      record.reserve(8 + 10 * filling_.items.size());
      put_u64(record, next_order_++);
    }
    put_u16(record, item.packet_id);
    put_u64(record, e.hash);
    e.slot = filling_.slot;
    ++slot_entries_[e.slot];
  }
  if (!record.empty()) changes.push_back({record_key(filling_.slot), std::move(record), false});
}

void Redelivery::settle(Ticket ticket, Admission admission, std::vector<Ack>& due) {
  const Ticket first = next_ticket_ - sealed_.size();
  if (ticket < first || ticket >= next_ticket_) return;
  Batch& batch = sealed_[ticket - first];
  batch.settled = true;
  for (const Item& item : batch.items) {
    if (item.is_release)
      settle_release(ticket, batch, item.packet_id, admission, due);
    else
      settle_publish(ticket, item.packet_id, admission, due);
  }
  while (!sealed_.empty() && sealed_.front().settled) {
    auto& items = sealed_.front().items;
    items.clear();
    if (spare_.size() < kSpareMax) spare_.push_back(std::move(items));
    sealed_.pop_front();
  }
}

void Redelivery::settle_publish(Ticket ticket, std::uint16_t packet_id, Admission admission, std::vector<Ack>& due) {
  Entry* e = find(packet_id);
  if (e == nullptr || e->state != State::waiting || e->number != ticket) return;
  const bool here = e->connection == connection_;
  const PacketType type = e->qos == 1 ? PacketType::puback : PacketType::pubrec;
  if (admission == Admission::durable) {
    e->state = State::stored;
    if (!here) {
      older_left_ = true;
      return;
    }
    due.push_back({type, packet_id, Reason::success, {}});
    if (e->qos == 1) acknowledged(packet_id);
    return;
  }
  if (here && admission != Admission::stopping) {
    const bool full = admission == Admission::refused_full;
    due.push_back({type, packet_id, full ? Reason::quota_exceeded : Reason::implementation_specific_error, {}});
  }
  forget(*e);
}

void Redelivery::settle_release(Ticket ticket, const Batch& batch, std::uint16_t packet_id, Admission admission,
                                std::vector<Ack>& due) {
  Entry* e = find(packet_id);
  if (e == nullptr || e->state != State::releasing || e->number != ticket) return;
  if (admission == Admission::stopping) {
    e->state = State::stored;
    return;
  }
  if (admission != Admission::durable && batch.has_publish) {
    // The events had no room; the release alone needs none.
    submit_release(packet_id, *e);
    return;
  }
  if (e->released_on == connection_) due.push_back({PacketType::pubcomp, packet_id, Reason::success, {}});
  *e = Entry{};
}

}  // namespace tidegate::mqtt
