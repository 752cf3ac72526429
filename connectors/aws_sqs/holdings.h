#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/base/clock.h"

namespace tidegate::aws_sqs {

/// The messages that the queue has given us and keeps from others for a while, from their receive until they are
/// deleted or left to the queue. Decides what is to be deleted and what extended; does nothing itself.
/// *Threads*: one user at a time.
class Holdings {
 public:
  /// One of them in a request: with the handle that the request bore.
  struct Entry {
    std::string id, handle;
  };

  /// `visibility`: how long the queue keeps a message from others, from its receive or its last extension.
  explicit Holdings(milliseconds visibility) : visibility_(visibility) {}

  /// A message was received. False: it is held already, because its time was over; it has a new handle now.
  bool hold(const std::string& id, std::string handle, SteadyTime now);
  /// It is on disk: may be deleted. Of one that is not held: nothing.
  void stored(const std::string& id);
  /// It is the queue's again. Returns its handle; empty: it was not held.
  std::string let_go(const std::string& id);

  /// What to delete next, at most limits::kSqsBatchEventsMax, the oldest first. Each is the caller's until deleted(),
  /// delete_again() or delete_refused().
  [[nodiscard]] std::vector<Entry> take_stored();
  void deleted(const Entry& entry) { held_.erase(entry.id); }
  void delete_again(const Entry& entry);
  /// The handle is no good. Under a newer one it is tried again; else the queue will give it out again.
  void delete_refused(const Entry& entry);

  /// Which to extend now, at most limits::kSqsBatchEventsMax: those not yet on disk of whose time half is over.
  [[nodiscard]] std::vector<Entry> take_ageing(SteadyTime now);
  void extended(const Entry& entry, SteadyTime now);
  /// It did not work. It is tried again as long as there is time, unless it is `hopeless`.
  void not_extended(const Entry& entry, SteadyTime now, bool hopeless);
  /// When take_ageing() may have something; max: never.
  [[nodiscard]] SteadyTime next_ageing() const noexcept { return next_ageing_; }

  [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }
  [[nodiscard]] bool has_stored() const noexcept { return !stored_.empty(); }

 private:
  struct Held {
    std::string handle;
    SteadyTime lapses_at{}, extend_at{};
    bool is_stored = false;
  };
  void extend_at(Held& held, SteadyTime when);

  const milliseconds visibility_;
  std::unordered_map<std::string, Held> held_;
  std::deque<std::string> stored_;  ///< ids, to be deleted
  SteadyTime next_ageing_ = SteadyTime::max();
};

}  // namespace tidegate::aws_sqs
