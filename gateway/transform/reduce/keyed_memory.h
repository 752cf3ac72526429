#pragma once

#include <cstdint>
#include <iterator>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/base/ids.h"
#include "gateway/spool/spool.h"
#include "gateway/spool/varint.h"

namespace tidegate {

/// Of a row. A row of another version is no row.
inline constexpr std::uint64_t kReduceRowVersion = 1;

/// Every row begins with the version of its format and the event for which it was written.
inline void begin_row(std::string& row, Seq seq) {
  put_varint(row, kReduceRowVersion);
  put_varint(row, seq.value);
}
/// Takes what begin_row() wrote; nothing: another version wrote the row.
inline std::optional<Seq> row_seq(ByteReader& reader) {
  const bool known = reader.varint() == kReduceRowVersion;
  const Seq seq{reader.varint()};
  return known && reader.ok() ? std::optional(seq) : std::nullopt;
}

/// What a step remembers of each key, for so many keys at most, and what of it is not durable yet. When a key is one
/// too many, the one that was written least recently is forgotten.
/// V has `void write(std::string&) const` and `void read(ByteReader&)`. *Threads*: one user at a time.
template <class V>
class KeyedMemory {
 public:
  struct Entry {
    std::string key;
    Seq seq;  ///< of the event for which it was written last
    V value;
  };

  /// `tag` begins the keys of its rows and tells them from those of other steps.
  KeyedMemory(std::string tag, std::size_t keys_max) : tag_(std::move(tag) + ":"), keys_max_(keys_max) {}

  V* find(std::string_view key) {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->value;
  }
  /// Writes a key for an event; seqs ascend. Returns what was forgotten for it.
  std::optional<Entry> put(std::string_view key, Seq seq, V value) {
    std::optional<Entry> forgotten;
    auto found = index_.find(key);
    if (found == index_.end()) {
      if (index_.size() >= keys_max_) forgotten = forget_oldest();
      entries_.push_back({std::string(key), seq, std::move(value)});
      found = index_.emplace(entries_.back().key, std::prev(entries_.end())).first;
    } else {
      entries_.splice(entries_.end(), entries_, found->second);
      found->second->seq = seq;
      found->second->value = std::move(value);
    }
    changed_[found->second->key] = true;
    return forgotten;
  }
  /// Writes a key that is known, for no event.
  void amend(std::string_view key, V value) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    found->second->value = std::move(value);
    changed_[found->second->key] = true;
  }

  /// True, and taken, when the row is one of these. Rows may come in any order; then restored().
  bool restore(std::string_view row_key, std::string_view row) {
    if (!row_key.starts_with(tag_)) return false;
    Entry entry{std::string(row_key.substr(tag_.size())), {}, {}};
    ByteReader reader(row);
    const std::optional<Seq> seq = row_seq(reader);
    entry.value.read(reader);
    if (!seq || !reader.ok()) {
      changed_[entry.key] = false;
    } else {
      entry.seq = *seq;
      entries_.push_back(std::move(entry));
    }
    return true;
  }
  /// Every row has been given. Of more keys than may be, the oldest are forgotten; returns them.
  std::vector<Entry> restored() {
    entries_.sort([](const Entry& a, const Entry& b) { return a.seq < b.seq; });
    for (auto each = entries_.begin(); each != entries_.end(); ++each) index_.emplace(each->key, each);
    std::vector<Entry> forgotten;
    while (index_.size() > keys_max_) forgotten.push_back(forget_oldest());
    return forgotten;
  }
  /// Moves the rows that are not durable yet to `out`.
  void take_changes(std::vector<LaneStateChange>& out) {
    for (const auto& [key, alive] : changed_) {
      LaneStateChange& change = out.emplace_back(LaneStateChange{tag_ + key, {}, !alive});
      if (!alive) continue;
      const Entry& entry = *index_.find(key)->second;
      begin_row(change.value, entry.seq);
      entry.value.write(change.value);
    }
    changed_.clear();
  }

  [[nodiscard]] const std::list<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  Entry forget_oldest() {
    index_.erase(std::string_view(entries_.front().key));
    Entry oldest = std::move(entries_.front());
    entries_.pop_front();
    changed_[oldest.key] = false;
    ++forgotten_;
    return oldest;
  }

  std::string tag_;
  std::size_t keys_max_;
  std::list<Entry> entries_;  ///< the one written least recently first
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;  ///< views into entries_
  std::unordered_map<std::string, bool> changed_;                                    ///< false: to be erased
  std::uint64_t forgotten_ = 0;
};

}  // namespace tidegate
