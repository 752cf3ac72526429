#pragma once

#include <bit>
#include <string>

#include "gateway/transform/reduce/keyed_memory.h"
#include "gateway/transform/reduce/reduce_key.h"
#include "gateway/transform/reduce/reduction.h"

namespace tidegate {

/// Times, numbers and what they mean for every step that remembers.
namespace reduce_rows {

inline void put_time(std::string& out, WallTime time) {
  put_varint(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}
inline WallTime take_time(ByteReader& reader) {
  return WallTime(milliseconds(static_cast<milliseconds::rep>(reader.varint())));
}
inline void put_number(std::string& out, double number) { put_varint(out, std::bit_cast<std::uint64_t>(number)); }
inline double take_number(ByteReader& reader) { return std::bit_cast<double>(reader.varint()); }

}  // namespace reduce_rows

/// Begins the key of what is remembered of live events, and of adopted ones.
inline constexpr char kLiveKey = '.';
inline constexpr char kAdoptedKey = 'a';

/// True when `at` lies a whole interval from `since`, in either direction: a clock that was set back ends an interval
/// as its end does.
inline bool is_over(WallTime since, WallTime at, milliseconds interval) noexcept {
  return at >= since + interval || at <= since - interval;
}

/// A step that remembers a V per key.
template <class V>
class KeyedReduction : public Reduction {
 public:
  KeyedReduction(const ReduceKeys& keys, const std::string& tag, FieldReader& reader)
      : key_of_(keys.key, reader), memory_(tag, keys.max_keys) {}

  bool restore(std::string_view row_key, std::string_view row) override { return memory_.restore(row_key, row); }
  void restored() override { memory_.restored(); }
  void take_changes(std::vector<LaneStateChange>& out) override { memory_.take_changes(out); }
  [[nodiscard]] std::uint64_t forgotten() const noexcept override { return memory_.forgotten(); }

 protected:
  /// What is remembered of the event's key; null: nothing.
  V* recall(const Reading& reading) {
    key_.assign(1, reading.adopted ? kAdoptedKey : kLiveKey);
    key_of_.append(reading.values, key_);
    extend_key(key_);
    return memory_.find(key_);
  }
  /// Remembers it of the key that was recalled last.
  void remember(const Reading& reading, V value) { memory_.put(key_, reading.seq, std::move(value)); }
  virtual void extend_key(std::string& /*key*/) const {}

 private:
  ReduceKey key_of_;
  KeyedMemory<V> memory_;
  std::string key_;
};

}  // namespace tidegate
