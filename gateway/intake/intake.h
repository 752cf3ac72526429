#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/ids.h"
#include "gateway/base/unique_function.h"
#include "gateway/event/event.h"

namespace tidegate {

/// What became of a submission.
enum class Admission : std::uint8_t {
  durable,          ///< in a commit that has been synced (or, under spool.sync: normal, written): acknowledge now
  refused_full,     ///< when_full: drop_newest had no room; counted as evicted; acknowledge, it will not be asked for
                    ///< again
  refused_invalid,  ///< the submission breaks a limit; nothing of it was stored
  stopping,         ///< not stored; do not acknowledge, the peer will send it again
};

/// Runs exactly once, on the committer thread, after the commit that holds the submission was synced or was refused.
/// Must not block: hand the work to the source's own thread.
using Receipt = UniqueFunction<void(Admission)>;

/// A change to what a source remembers across restarts, applied in the commit that holds the submission's events.
struct SourceStateChange {
  std::string key;    ///< bytes; the source's own naming
  std::string value;  ///< bytes; ignored when `erase`
  bool erase = false;
};

/// What a source hands over in one go: all of it is in one commit, or none.
struct Submission {
  std::vector<Event> events;             ///< `id` and `source` may be empty: the intake fills them
  std::vector<SourceStateChange> state;  ///< may come without events (a QoS 2 release)
  std::uint32_t repeats = 0;             ///< redeliveries recognised and not stored; counted in the ledger
};

/// Where sources bring events. *Threads*: safe from any.
class Intake {
 public:
  virtual ~Intake() = default;

  /// Gives the events their ids, matches them with the routes and queues them for the next commit.
  /// Never blocks on disk. The receipt says what became of them. Submissions of one source are committed in order.
  virtual void admit(SourceId source, Submission submission, Receipt receipt) = 0;

  /// What the source stored under keys that start with `prefix`, ascending by key. *Blocks* on disk: for start-up.
  virtual std::vector<std::pair<std::string, std::string>> source_state(SourceId source, const std::string& prefix) = 0;
};

}  // namespace tidegate
