#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>

#include "gateway/spool/block.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// Reads the log block after block, whoever wants its events. Between two steps no statement is open, so the
/// write-ahead log can be reused. *Threads*: one user at a time.
class LogWalk {
 public:
  /// `db` outlives it. Throws SQLite::Exception, as do the steps.
  explicit LogWalk(SQLite::Database& db);

  struct Step {
    std::size_t bytes = 0;       ///< of payload that the step added
    bool more = false;           ///< a block was added; the next step goes on behind it
    std::optional<Seq> damaged;  ///< this block cannot be read
  };
  /// Adds the events after `page.scanned_to` of the next block that was committed at `since` or later. Looks at
  /// limits::kReadHeadersMax blocks at most.
  Step step(WallTime since, LogPage& page);

 private:
  void find(WallTime since, LogPage& page, Step& step);
  void take(const BlockHead& head, LogPage& page, Step& step);

  SQLite::Statement heads_;
  SQLite::Statement body_;
  BlockCodec codec_;
  std::string raw_;  ///< reused
};

/// Steps until about `bytes_max` of payload are in the page, or there is nothing more to take for now.
template <class NextStep>
void fill_page(LogPage& page, std::size_t bytes_max, NextStep&& next_step) {
  for (std::size_t bytes = 0; bytes < bytes_max || bytes == 0;) {
    const LogWalk::Step step = next_step(page);
    bytes += step.bytes;
    if (!step.more) return;
  }
}

}  // namespace tidegate
