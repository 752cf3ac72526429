#pragma once

#include <atomic>
#include <memory>

#include "gateway/base/clock.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// Tells whether the committer still works: sends a submission without content through it and sees it come back.
/// A disk that refuses is no reason to restart, which would not mend it: the spool says so, and waits it out.
/// *Threads*: one user; the receipts come from the committer.
class CommitterProbe {
 public:
  CommitterProbe(Spool& spool, SourceId source) : spool_(spool), source_(source) {}

  /// True when the probe sent by the call before has come back, or the spool says what it waits for.
  [[nodiscard]] bool alive();

 private:
  Spool& spool_;
  SourceId source_;
  std::shared_ptr<std::atomic<bool>> out_;  ///< shared with the receipt, which may outlive the probe
};

}  // namespace tidegate
