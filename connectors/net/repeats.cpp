#include "connectors/net/repeats.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace tidegate {

namespace {

constexpr std::string_view kSeedKey = "seen-seed";
constexpr std::string_view kChunkKey = "seen/";
constexpr std::size_t kNumberBytes = 8;

void append_number(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

std::uint64_t take_number(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kNumberBytes; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(kNumberBytes);
  return value;
}

std::string state_key(Repeats::Chunk chunk) {
  std::string key(kChunkKey);
  append_number(chunk, key);
  return key;
}

}  // namespace

void Repeats::restore(const std::vector<std::pair<std::string, std::string>>& state, Random& random) {
  seed_ = random.next();
  for (const auto& [name, value] : state) {
    std::string_view number = std::string_view(name).substr(std::min(kChunkKey.size(), name.size()));
    std::string_view bytes = value;
    if (name == kSeedKey && bytes.size() == kNumberBytes) {
      seed_ = take_number(bytes);
      seed_stored_ = true;
    } else if (name.starts_with(kChunkKey) && number.size() == kNumberBytes && bytes.size() >= kNumberBytes) {
      const Chunk chunk = take_number(number);
      if (rows_.empty()) first_ = chunk;
      // Numbers that failed, or went before their time, leave gaps.
      while (first_ + rows_.size() < chunk && rows_.size() < ids_max_) rows_.emplace_back();
      if (first_ + rows_.size() != chunk) {
        stale_.push_back(name);
        continue;
      }
      Row& row = rows_.emplace_back();
      row.in_state = true;
      row.at = WallTime{milliseconds{static_cast<std::int64_t>(take_number(bytes))}};
      while (bytes.size() >= 2 * kNumberBytes) {
        const std::uint64_t high = take_number(bytes);
        row.keys.push_back({high, take_number(bytes)});
        chunk_of_[row.keys.back()] = chunk;
      }
    }
  }
}

Repeats::Key Repeats::key(std::string_view source, std::string_view id) {
  scratch_.assign(source).append(1, '\0').append(id);
  const XXH128_hash_t hash = XXH3_128bits_withSeed(scratch_.data(), scratch_.size(), seed_);
  return {hash.high64, hash.low64};
}

Repeats::Seen Repeats::look(const Key& key, WallTime now) const {
  const auto found = chunk_of_.find(key);
  if (found == chunk_of_.end()) return Seen::never;
  const Row& row = rows_[found->second - first_];
  if (row.pending) return Seen::pending;
  return row.at + window_ > now ? Seen::stored : Seen::never;
}

Repeats::Sifted Repeats::sift(Submission& submission, WallTime now) {
  Sifted sifted{std::nullopt, false, failures_};
  std::vector<Event> fresh;
  fresh.reserve(submission.events.size());
  bool opened = false;
  for (Event& event : submission.events) {
    const Key known = key(event.source, event.id);
    switch (look(known, now)) {
      case Seen::never:
        if (!std::exchange(opened, true)) open(now);
        add(known);
        fresh.push_back(std::move(event));
        break;
      case Seen::pending: sifted.relies_on_others = true; [[fallthrough]];
      case Seen::stored: ++submission.repeats; break;
    }
  }
  submission.events = std::move(fresh);
  if (opened) sifted.chunk = close(submission.state);
  return sifted;
}

bool Repeats::settled(const Sifted& sifted, bool stored) {
  if (sifted.chunk) {
    settled(*sifted.chunk, stored);
    if (!stored) ++failures_;
  }
  // Receipts come in order: what it relied on was settled before it.
  return stored && !(sifted.relies_on_others && sifted.failures_before != failures_);
}

void Repeats::open(WallTime now) {
  Row& row = rows_.emplace_back();
  row.at = now;
  row.pending = true;
}

void Repeats::add(const Key& key) {
  rows_.back().keys.push_back(key);
  chunk_of_[key] = first_ + rows_.size() - 1;
}

Repeats::Chunk Repeats::close(std::vector<SourceStateChange>& state) {
  const Chunk chunk = first_ + rows_.size() - 1;
  Row& row = rows_.back();
  for (const std::string& key : stale_) state.push_back({key, {}, true});
  stale_.clear();
  if (!row.keys.empty()) {
    if (!seed_stored_) {
      SourceStateChange& seed = state.emplace_back();
      seed.key = kSeedKey;
      append_number(seed_, seed.value);
    }
    SourceStateChange& change = state.emplace_back();
    change.key = state_key(chunk);
    change.value.reserve((2 * row.keys.size() + 1) * kNumberBytes);
    append_number(static_cast<std::uint64_t>(row.at.time_since_epoch().count()), change.value);
    for (const Key& key : row.keys) {
      append_number(key.high, change.value);
      append_number(key.low, change.value);
    }
    row.in_state = true;
  }
  const WallTime now = row.at;
  while (rows_.size() > 1 && (rows_.front().keys.empty() || rows_.front().at + window_ <= now || size() > ids_max_))
    drop_oldest(state);
  return chunk;
}

void Repeats::drop_oldest(std::vector<SourceStateChange>& state) {
  Row& row = rows_.front();
  if (row.in_state) state.push_back({state_key(first_), {}, true});
  forget(first_, row);
  rows_.pop_front();
  ++first_;
}

void Repeats::forget(Chunk chunk, Row& row) {
  for (const Key& key : row.keys) {
    const auto found = chunk_of_.find(key);
    if (found != chunk_of_.end() && found->second == chunk) chunk_of_.erase(found);
  }
  row.keys.clear();
}

void Repeats::settled(Chunk chunk, bool stored) {
  if (stored) seed_stored_ = true;
  if (chunk < first_) return;
  Row& row = rows_[chunk - first_];
  row.pending = false;
  if (stored) return;
  row.in_state = false;
  forget(chunk, row);
}

}  // namespace tidegate
