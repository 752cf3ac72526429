#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/replay/replay.h"
#include "gateway/routing/event_pattern.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// Rows of the source state of InternalSources::replay: one for each replay under way, and the highest number ever
/// given.
inline constexpr std::string_view kReplayKeyPrefix = "replay.";
inline constexpr std::string_view kReplayLastKey = "last";

/// One replay: reads the log, chooses, and makes the submissions; who appends them tells it what became of each. Its
/// position is part of each submission, so a commit holds copies and position or neither. *Threads*: one.
class ReplayJob {
 public:
  /// From now on, up to what is in the log now. *Errors*: invalid (a mistake in the pattern or the times), not_found
  /// (no such sink).
  static Result<ReplayJob> begin(std::uint64_t number, ReplayRequest request, const ReplayRoute& route, Spool& spool,
                                 const InternalSources& internal, WallTime now);
  /// What the spool remembers of one. `route` finds a route by its name, or null. *Errors*: as begin(), not_found (no
  /// such route), corrupt.
  static Result<ReplayJob> resume(std::uint64_t number, std::string_view stored,
                                  const std::function<const ReplayRoute*(const std::string&)>& route, Spool& spool,
                                  const InternalSources& internal);

  /// What is to be done next. With neither: ask again at once.
  struct Next {
    std::optional<SpoolSubmission> submission;  ///< append this, then call settled()
    SteadyTime not_before{};                    ///< ask again then
  };
  /// *Blocks* on disk. Not called any more once the report is finished.
  Next next(SteadyTime steady, WallTime wall);
  /// The receipt of the submission that next() gave last.
  void settled(Admission admission, SteadyTime now);

  [[nodiscard]] const ReplayReport& report() const noexcept { return report_; }
  /// The row of source state that remembers a replay.
  static std::string key_of(std::uint64_t number);

 private:
  /// What is taken from the page and not yet durable.
  struct Taken {
    std::uint64_t copied = 0, pending = 0, expired = 0;
    Seq to;
    std::size_t next_in_page = 0;
    bool begins = false;  ///< the submission that makes the spool remember the replay
    bool ends = false;    ///< the one that makes it forget it
  };
  ReplayJob(ReplayReport report, std::vector<ReplayLane> lanes, const ReplayRoute& route, Spool& spool,
            const InternalSources& internal);
  Status compile();
  [[nodiscard]] std::string key() const;
  [[nodiscard]] std::string stored(const Taken& taken) const;
  Next wait(std::string why, SteadyTime until);
  Next begin_submission(SteadyTime now);
  Next end_submission();
  Next read_page(SteadyTime now);
  [[nodiscard]] std::string lane_that_lags() const;
  [[nodiscard]] std::size_t copies_max() const;
  SpoolSubmission take_copies(WallTime now);
  std::vector<LaneId> lanes_for(const LoggedEvent& logged, WallTime now);
  void advance();

  ReplayReport report_;
  std::vector<ReplayLane> lanes_;
  const ReplayRoute* route_;
  Spool* spool_;
  InternalSources internal_;
  std::optional<EventPattern> where_;
  Seq begin_;  ///< 0: nothing looked at yet
  Seq at_;     ///< everything up to here is dealt with
  Seq end_;
  Seq counted_to_;  ///< events up to here are in `unreadable` if they are
  LogPage page_;
  std::size_t next_in_page_ = 0;
  std::vector<LaneState> lane_states_;  ///< of lanes_, as of the page
  Taken taken_;
  bool begun_ = false;  ///< the spool remembers it, and where the log begins is known
  SteadyTime due_{};
};

}  // namespace tidegate
