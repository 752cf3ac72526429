#pragma once

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/spool/files.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// Moves the files of a damaged spool to `damaged-<time>` in the data directory and builds a new spool out of all of
/// them that can be read: blocks whose checksums hold, letters, the books. What the books promise and the log no
/// longer has is counted as lost. Cut short at any point, it is taken up again by resume_salvage().
/// *Errors*: full, io. *Blocks*.
Result<SpoolOpening::Salvage> salvage(const SpoolFiles& files, WallTime now);

/// Finishes a salvage that was cut short; nothing when there was none.
Result<std::optional<SpoolOpening::Salvage>> resume_salvage(const SpoolFiles& files);

}  // namespace tidegate
