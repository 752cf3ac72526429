#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/random.h"
#include "gateway/intake/intake.h"

namespace tidegate {

/// Remembers which events (by source and id) were taken, for a time, across restarts. What one submission brings is one
/// chunk: a row of the source's state, committed with the events, erased when its time is over. Why it is so:
/// docs/decisions/0012-http-ingest.md.
/// *Threads*: one user at a time.
class Repeats {
 public:
  /// 128 bits of a keyed hash stand for source and id.
  struct Key {
    std::uint64_t high = 0, low = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  enum class Seen : std::uint8_t {
    never,
    stored,   ///< durable: may be acknowledged at once
    pending,  ///< in a submission that is not durable yet, or in the one being made
  };
  using Chunk = std::uint64_t;
  static constexpr const char* kStatePrefix = "seen";

  /// A window of 0 remembers nothing.
  Repeats(milliseconds window, std::size_t ids_max) : window_(window), ids_max_(ids_max) {}

  /// Takes up what was stored under kStatePrefix. `random` gives the hash its key when there is none yet.
  void restore(const std::vector<std::pair<std::string, std::string>>& state, Random& random);

  [[nodiscard]] bool enabled() const noexcept { return window_.count() > 0; }
  [[nodiscard]] Key key(std::string_view source, std::string_view id);
  [[nodiscard]] Seen look(const Key& key, WallTime now) const;

  /// What sift() found in a submission, for settled().
  struct Sifted {
    std::optional<Chunk> chunk;
    bool relies_on_others = false;  ///< it repeats events that are not durable yet
    std::uint64_t failures_before = 0;
  };
  /// Takes out what was seen before, and counts it as repeats; the rest is remembered with the submission. Only when
  /// enabled().
  Sifted sift(Submission& submission, WallTime now);
  /// What became of that submission; of those that were sifted before it, it is told first. True: all that it had
  /// brought is stored, also what was taken out.
  bool settled(const Sifted& sifted, bool stored);

  /// Begins the chunk of a submission; add() puts ids into it.
  void open(WallTime now);
  void add(const Key& key);
  /// Ends the chunk. `state` gets it, and erases what is too old or too much. Returns its number for settled().
  Chunk close(std::vector<SourceStateChange>& state);
  /// What became of the submission. When it was not stored its ids are forgotten.
  void settled(Chunk chunk, bool stored);

  [[nodiscard]] std::size_t size() const noexcept { return chunk_of_.size(); }

 private:
  struct Row {
    WallTime at{};
    std::vector<Key> keys;
    bool pending = false;
    bool in_state = false;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept { return static_cast<std::size_t>(key.low); }
  };
  void forget(Chunk chunk, Row& row);
  void drop_oldest(std::vector<SourceStateChange>& state);

  const milliseconds window_;
  const std::size_t ids_max_;
  std::uint64_t seed_ = 0;
  bool seed_stored_ = false;
  Chunk first_ = 1;  ///< number of rows_.front()
  std::deque<Row> rows_;
  std::unordered_map<Key, Chunk, KeyHash> chunk_of_;
  std::vector<std::string> stale_;  ///< state keys found at the start that no row stands for
  std::uint64_t failures_ = 0;      ///< submissions whose ids were forgotten again
  std::string scratch_;
};

}  // namespace tidegate
