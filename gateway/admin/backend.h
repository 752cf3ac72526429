#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/status.h"
#include "gateway/base/result.h"
#include "gateway/intake/taps.h"
#include "gateway/replay/replay.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// What the admin API asks of the gateway.
class AdminBackend {
 public:
  virtual ~AdminBackend() = default;

  /// True once the spool is open and the sources have started, whether or not their brokers answer.
  /// *Threads*: safe from any, as all of the following. Does not block.
  [[nodiscard]] virtual bool ready() const = 0;
  /// Prometheus text. Does not wait for the disk.
  [[nodiscard]] virtual std::string metrics_text() const = 0;
  /// Does not wait for the disk.
  [[nodiscard]] virtual StatusReport status() const = 0;
  /// Ends the pause or park of a lane. *Errors*: not_found, naming the lanes there are. Does not block.
  virtual Status resume_lane(std::string_view route, std::string_view sink) = 0;

  /// See Taps. Nothing of these blocks.
  virtual Result<std::uint64_t> open_tap(const TapRequest& request) = 0;
  virtual Result<TapBatch> poll_tap(std::uint64_t tap) = 0;
  virtual Status close_tap(std::uint64_t tap) = 0;

  /// See Replays. Nothing of these blocks.
  virtual Result<std::uint64_t> begin_replay(ReplayRequest request) = 0;
  virtual Result<ReplayReport> replay(std::uint64_t number) = 0;
  virtual Result<std::vector<ReplayReport>> replays() = 0;
  virtual Status cancel_replay(std::uint64_t number) = 0;

  /// *Blocks* on disk, as all of the following.
  virtual Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) = 0;
  virtual Result<std::uint64_t> retry_dead(const std::vector<std::uint64_t>& numbers) = 0;
  virtual Result<std::uint64_t> drop_dead(const std::vector<std::uint64_t>& numbers) = 0;
  /// See Spool::drop_lane() and Spool::adopt_lane().
  virtual Result<std::uint64_t> drop_lane(const std::string& route, const std::string& sink) = 0;
  virtual Result<std::uint64_t> adopt_lane(const std::string& route, const std::string& sink,
                                           const std::string& to_route, const std::string& to_sink) = 0;
};

}  // namespace tidegate
