#include "tests/crash/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tidegate::crash {
namespace {

constexpr std::size_t kExamplesMax = 5;  // of one kind of fault: the rest is only counted

/// Collects faults of one kind: a few examples and the count.
class Faults {
 public:
  explicit Faults(std::string what) : what_(std::move(what)) {}
  void add(const std::string& example) {
    if (count_++ < kExamplesMax) examples_ += (count_ == 1 ? "" : "; ") + example;
  }
  void report(std::vector<std::string>& out) const {
    if (count_ > 0) out.push_back(fmt::format("{} {}: {}", count_, what_, examples_));
  }

 private:
  std::string what_, examples_;
  std::uint64_t count_ = 0;
};

bool has(const std::map<std::uint32_t, std::vector<bool>>& sets, std::uint32_t publisher, std::uint64_t seq) {
  const auto found = sets.find(publisher);
  return found != sets.end() && seq < found->second.size() && found->second[seq];
}

std::string name(std::uint32_t publisher, std::uint64_t seq) {
  return fmt::format("publisher {} seq {}", publisher, seq);
}

std::uint64_t pack(std::uint32_t publisher, std::uint64_t low) { return std::uint64_t{publisher} << 40 | low; }

class Checker {
 public:
  explicit Checker(const Evidence& evidence) : evidence_(evidence) {}

  Verdict run() {
    for (const auto& arrival : evidence_.arrivals) take(arrival);
    verdict_.arrivals = evidence_.arrivals.size();
    verdict_.events = id_of_.size();
    verdict_.ids = ids_.size();
    find_missing();
    missing_.report(verdict_.faults);
    renamed_.report(verdict_.faults);
    shared_.report(verdict_.faults);
    disorder_.report(verdict_.faults);
    if (verdict_.repeats > evidence_.repeats_allowed) {
      verdict_.faults.push_back(fmt::format("{} repeated arrivals, at most {} were in flight at the kills",
                                            verdict_.repeats, evidence_.repeats_allowed));
    }
    if (evidence_.stored && *evidence_.stored != verdict_.ids) {
      verdict_.faults.push_back(
          fmt::format("the ledger took in {} events, {} different ids arrived", *evidence_.stored, verdict_.ids));
    }
    return std::move(verdict_);
  }

 private:
  void take(const Arrival& arrival) {
    const std::uint64_t event = pack(arrival.publisher, arrival.seq);
    const auto [owner, new_id] = ids_.emplace(arrival.id, event);
    if (!new_id) ++verdict_.repeats;
    if (!new_id && owner->second != event) {
      shared_.add(fmt::format("{} came with {}", arrival.id, name(arrival.publisher, arrival.seq)));
    }
    const auto [known, first] = id_of_.emplace(event, arrival.id);
    if (!first && known->second != arrival.id && !evidence_.broker_forgets) {
      renamed_.add(
          fmt::format("{} came as {} and as {}", name(arrival.publisher, arrival.seq), known->second, arrival.id));
    }
    if (first) check_order(arrival);
  }

  void check_order(const Arrival& arrival) {
    std::uint64_t& last = last_[pack(arrival.publisher, arrival.seq % evidence_.keys)];
    if (arrival.seq < last && !evidence_.broker_forgets) {
      disorder_.add(fmt::format("{} first arrived after seq {}", name(arrival.publisher, arrival.seq), last));
    }
    last = std::max(last, arrival.seq);
  }

  void find_missing() {
    for (const auto& [publisher, owed] : evidence_.owed) {
      for (std::uint64_t seq = 0; seq < owed.size(); ++seq) {
        if (!owed[seq] || id_of_.contains(pack(publisher, seq))) continue;
        if (has(evidence_.excused, publisher, seq)) {
          ++verdict_.forgotten;
        } else {
          missing_.add(name(publisher, seq));
        }
      }
    }
  }

  const Evidence& evidence_;
  Verdict verdict_;
  std::unordered_map<std::string, std::uint64_t> ids_;     // id -> event
  std::unordered_map<std::uint64_t, std::string> id_of_;   // event -> its first id
  std::unordered_map<std::uint64_t, std::uint64_t> last_;  // key -> greatest seq so far
  Faults missing_{"acknowledged events never arrived"};
  Faults renamed_{"events changed their id"};
  Faults shared_{"ids belong to more than one event"};
  Faults disorder_{"first arrivals out of order for their key"};
};

}  // namespace

Verdict check(const Evidence& evidence) { return Checker(evidence).run(); }

}  // namespace tidegate::crash
