#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateway/spool/spool.h"

namespace tidegate::testing {

/// What a spool promised, as the one who used it saw it: the checker's memory. It knows nothing of how spools work.
class Promises {
 public:
  enum class Word : std::uint8_t { asked, given };  ///< given: the receipt or `done` ran, and said yes

  void append(const std::string& id, const std::vector<std::size_t>& lanes) {
    events_[id].lanes = {lanes.begin(), lanes.end()};
  }
  void append_given(const std::string& id) { events_[id].stored = Word::given; }
  void settle(const std::string& id, std::size_t lane) { events_[id].settled.emplace(lane, Word::asked); }
  void settle_given(const std::string& id, std::size_t lane) { events_[id].settled[lane] = Word::given; }
  void state(std::uint64_t value) { states_.insert(value); }
  /// From now on only this value, or one asked for later, may be found.
  void state_given(std::uint64_t value) { states_ = {states_.find(value), states_.end()}; }

  struct Found {
    std::vector<std::vector<std::string>> pending;  ///< per lane, ascending by seq: from the log and from deferred
    std::vector<std::vector<std::string>> dead;     ///< per lane
    std::uint64_t state = 0;
  };
  /// One sentence per promise that was not kept.
  [[nodiscard]] std::vector<std::string> broken(const Found& found) const;

 private:
  struct Record {
    std::set<std::size_t> lanes;
    Word stored = Word::asked;
    std::map<std::size_t, Word> settled;
  };
  std::map<std::string, Record> events_;
  std::set<std::uint64_t> states_{0};
};

}  // namespace tidegate::testing
