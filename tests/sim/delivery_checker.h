#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/delivery/options.h"
#include "tests/sim/faulty_receiver.h"
#include "tests/sim/model_spool.h"
#include "tests/sim/scripted_shaper.h"

namespace tidegate::testing {

/// Decides whether a lane kept its promises, from what the receiver took and what became durable. Knows nothing of the
/// load that provoked it. Every broken promise is one sentence in faults().
class DeliveryChecker {
 public:
  DeliveryChecker(const DeliveryOptions& options, std::size_t in_flight_max)
      : options_(options), in_flight_max_(in_flight_max) {}

  /// The receiver took an event of the lane, or a part of one.
  void taken(const Parcel& parcel);
  /// The receiver took it, but the lane was not told: it may come again.
  void may_repeat(const Parcel& parcel) { may_repeat_.insert({parcel.seq, parcel.part}); }
  /// The lane goes on from what is durable: whatever is not durably settled may come again, a part that was taken of an
  /// event that is not whole included.
  void reads_again(const ModelSpool& spool);
  /// Dead letters were given back: they come again, out of order.
  void given_back(const std::vector<Seq>& seqs);
  /// The receiver will never take this event.
  void is_poison(Seq seq) { poison_.insert(seq); }
  /// What the lane's shaper makes of an event.
  void shaped_as(Seq seq, ScriptedShaper::Plan plan) { plans_[seq] = plan; }

  /// Requests in flight, this one included, as one leaves.
  void request(std::size_t in_flight);
  /// From here to outage_ended() every request fails.
  void outage_began(SteadyTime at);
  void outage_ended(SteadyTime at);
  /// Something happened that allows a few requests more during an outage (a start, a resume).
  void outage_budget_renewed() { ++renewals_; }

  void held(std::size_t events, std::size_t events_max, std::size_t deferred);
  /// Everything is over: the books must balance.
  void finished(const ModelSpool& spool, const std::vector<bool>& ours);
  /// Everything is over: what was filtered is in exactly one of the events that were emitted, or remembered.
  void sums_are_complete(const ModelSpool& spool);

  void fault(std::string sentence) { faults_.push_back(std::move(sentence)); }
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

 private:
  using Item = std::pair<Seq, std::uint32_t>;  ///< an event's part

  [[nodiscard]] bool is_taken(Seq seq) const;
  [[nodiscard]] bool may_die(Seq seq, const DeadEvent& dead) const;

  const DeliveryOptions& options_;
  std::size_t in_flight_max_;
  std::set<Item> taken_, may_repeat_;
  std::set<Seq> out_of_order_, poison_;
  std::map<Seq, ScriptedShaper::Plan> plans_;
  std::map<std::string, Item> newest_;  ///< first deliveries, by key
  std::uint64_t requests_ = 0;
  std::uint64_t renewals_ = 0;
  bool outage_ = false;
  SteadyTime outage_at_{};
  std::uint64_t outage_requests_ = 0;
  std::vector<std::string> faults_;
};

}  // namespace tidegate::testing
