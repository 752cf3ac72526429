#pragma once

#include "gateway/base/result.h"
#include "gateway/spool/books.h"
#include "gateway/spool/spool.h"
#include "gateway/spool/store.h"

namespace tidegate {

/// The name under which a lane is entered until the backfill that it starts with is done; cut short, the next start
/// finds it by this name and goes on.
std::string backfill_name(const std::string& route);

/// Gives a new lane the events that are in the log already, as its StartAt says, and its name. Rewrites the blocks
/// that it wants events of, in commits of their own. *Blocks* for as long as reading the log takes.
Status backfill(Store& store, Books& books, LaneId id, const LaneSpec& spec);

}  // namespace tidegate
