#pragma once

#include <map>

#include "gateway/base/result.h"
#include "gateway/spool/books.h"
#include "gateway/spool/store.h"

namespace tidegate {

/// What the heads of the log say of one lane.
struct LogCount {
  std::uint64_t in_log = 0;     ///< its events that are in the log
  std::uint64_t unsettled = 0;  ///< of these, the ones it has yet to settle
};
/// Walks all heads. Lanes without a book are counted too; damaged heads are not.
std::map<LaneId, LogCount> count_log(Store& store, const Books& books);

/// Compares the books with the heads of the log and with the letters. *Errors*: corrupt, naming the first difference.
Status check_books(Store& store, const Books& books);

}  // namespace tidegate
