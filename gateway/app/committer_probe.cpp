#include "gateway/app/committer_probe.h"

namespace tidegate {

bool CommitterProbe::alive() {
  if (out_ && out_->load()) {
    const SpoolSnapshot spool = spool_.snapshot();
    return spool.full || !spool.trouble.empty();
  }
  if (!out_) out_ = std::make_shared<std::atomic<bool>>(false);
  out_->store(true);
  spool_.append(SpoolSubmission{source_, {}, {}, 0}, [out = out_](Admission) { out->store(false); });
  return true;
}

}  // namespace tidegate
