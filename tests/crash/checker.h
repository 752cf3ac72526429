#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Decides, from the outside, whether Tidegate kept its promise. Knows nothing of how the evidence came about.
namespace tidegate::crash {

/// One event as the receiver accepted it, in the order of acceptance.
struct Arrival {
  std::string id;  ///< the CloudEvents id
  std::uint32_t publisher = 0;
  std::uint64_t seq = 0;
};

struct Evidence {
  std::vector<Arrival> arrivals;
  /// By publisher, index is the seq: events that somebody was told are safe, so that they must arrive.
  std::map<std::uint32_t, std::vector<bool>> owed;
  /// Owed by a broker that was killed afterwards with its memory: when these are missing, it is the broker's loss.
  std::map<std::uint32_t, std::vector<bool>> excused;
  std::uint32_t keys = 1;               ///< of one publisher; an event's key is its seq modulo keys
  std::uint64_t repeats_allowed = 0;    ///< arrivals of an id that had arrived before
  bool broker_forgets = false;          ///< it sends again, as new and in whatever order, what it has forgotten
  std::optional<std::uint64_t> stored;  ///< events that the ledger says were taken in
};

struct Verdict {
  std::vector<std::string> faults;  ///< one sentence each; empty: the promise was kept
  std::uint64_t arrivals = 0;
  std::uint64_t events = 0;     ///< distinct publisher and seq
  std::uint64_t ids = 0;        ///< distinct ids
  std::uint64_t repeats = 0;    ///< arrivals of a known id
  std::uint64_t forgotten = 0;  ///< excused and missing
};

/// Nothing owed is missing; an event has one id; first arrivals keep the order of their key; repeats are bounded;
/// everything taken in came out.
Verdict check(const Evidence& evidence);

}  // namespace tidegate::crash
