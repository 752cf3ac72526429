#include "gateway/spool/reconcile.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/spool/commit.h"
#include "gateway/spool/spool_limits.h"

/// How the books are brought to agree with what the tables hold, after damage.
namespace tidegate {

namespace {

Status differ(const LaneBook& book, const char* what, std::uint64_t booked, std::uint64_t counted) {
  return Error{ErrorCode::corrupt,
               fmt::format("lane {}, {}: the books say {}, the tables hold {}", book.name(), what, booked, counted)};
}

Store::Letters letters_of(const std::map<LaneId, Store::Letters>& letters, LaneId id) {
  const auto found = letters.find(id);
  return found == letters.end() ? Store::Letters{} : found->second;
}

}  // namespace

std::map<LaneId, LogCount> count_log(Store& store, const Books& books) {
  std::map<LaneId, LogCount> out;
  for (Seq from{0};;) {
    const auto heads = store.heads(Seq{from.value + 1}, Seq{INT64_MAX}, limits::kSweepBlocksPerCommit);
    for (const BlockHead& head : heads) {
      from = std::max(from, head.last());
      for (const LaneRuns& runs : head.lanes.lanes()) {
        LogCount& count = out[runs.lane];
        count.in_log += runs.events;
        if (const LaneBook* const lane = books.lane(runs.lane); lane != nullptr)
          count.unsettled += lane->unsettled(head.first, runs);
      }
    }
    if (heads.size() < limits::kSweepBlocksPerCommit) return out;
  }
}

Status check_books(Store& store, const Books& books) {
  store.begin();
  std::map<LaneId, LogCount> log = count_log(store, books);
  const std::map<LaneId, Store::Letters> letters = store.count_letters();
  // Read only; but a failure to read must be heard.
  if (Status read = store.commit(); !read) return read;
  for (const auto& [id, book] : books.lanes()) {
    const LogCount counted = log[id];
    if (book.received - book.removed != counted.in_log)
      return differ(book, "events in the log", book.received - book.removed, counted.in_log);
    if (book.pending() != counted.unsettled + book.deferred.size())
      return differ(book, "pending", book.pending(), counted.unsettled + book.deferred.size());
    const Store::Letters resting = letters_of(letters, id);
    if (book.resting() != resting.dead + resting.expired)
      return differ(book, "dead letters", book.resting(), resting.dead + resting.expired);
  }
  for (const auto& [id, count] : log)
    if (books.lane(id) == nullptr)
      return Error{ErrorCode::corrupt, fmt::format("the log names lane {}, which has no book", id.value)};
  return {};
}

void Commit::reconcile() {
  std::map<LaneId, LogCount> log = count_log(store_, books_);
  for (const auto& [id, book] : books_.lanes()) {
    const std::uint64_t readable = log[id].unsettled + book.deferred.size();
    if (book.pending() == readable && book.received - book.removed == log[id].in_log) continue;
    LaneBook* const lane = books_.edit(id);
    // The books can only promise more than the log still has; were it ever the other way, they would be short of
    // events received.
    if (book.pending() > readable) {
      effects_.lost_events += book.pending() - readable;
      lane->lost += book.pending() - readable;
    } else {
      lane->received += readable - book.pending();
    }
    lane->removed = lane->received - log[id].in_log;
  }
}

std::map<LaneId, std::uint64_t> Commit::reconcile_after_salvage(Seq log_last) {
  SpoolBook& spool = books_.spool;
  std::uint64_t accounted = 0;
  for (const auto& [id, source] : books_.sources()) accounted += source.routed + source.kept;
  spool.last = std::max({spool.last, log_last, Seq{accounted}});
  for (const auto& [id, lane] : books_.lanes()) {
    const Seq ahead = lane.ahead.members().empty() ? Seq{0} : lane.ahead.members().back();
    spool.last = std::max({spool.last, lane.cursor, ahead});
  }
  spool.unaccounted = spool.last.value - accounted;
  reconcile();
  std::map<LaneId, std::uint64_t> letters_lost;
  const std::map<LaneId, Store::Letters> resting = store_.count_letters();
  for (const auto& [id, book] : books_.lanes()) {
    LaneBook* const lane = books_.edit(id);
    const Store::Letters letters = letters_of(resting, id);
    const auto book_up = [&](std::uint64_t& booked, std::uint64_t counted) {
      if (counted <= booked) return;
      lane->received += counted - booked;
      lane->removed += counted - booked;
      booked = counted;
    };
    book_up(lane->dead, letters.dead);
    book_up(lane->expired, letters.expired);
    const std::uint64_t there = letters.dead + letters.expired;
    if (lane->resting() > there) letters_lost[id] = lane->resting() - there;
    // A letter that is gone is booked like one that was dropped: still counted as dead.
    lane->dropped = lane->dead + lane->expired - there;
  }
  return letters_lost;
}

}  // namespace tidegate
