#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/health.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/mutex.h"
#include "gateway/base/random.h"
#include "gateway/base/result.h"
#include "gateway/base/unique_function.h"
#include "gateway/config/config.h"
#include "gateway/delivery/lane.h"
#include "gateway/intake/gateway_intake.h"
#include "gateway/intake/taps.h"
#include "gateway/replay/replays.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// What a pipeline is made of. References outlive it.
struct PipelineSetup {
  const Config& config;
  boost::asio::io_context& net;
  const Clock& clock;
  Health& health;
  Metrics& metrics;
};

/// The path of the events: sources, intake, spool, lanes, in one object with one order of life.
/// *Threads*: one owner, except where said otherwise.
class Pipeline {
 public:
  /// Opens the spool and reports what was found. *Errors*: those of Spool::open. *Blocks*.
  static Result<std::unique_ptr<Pipeline>> open(PipelineSetup setup);
  ~Pipeline();

  /// Starts the committer. `pressure` asks for set_pressure() on the owner's thread.
  void start(UniqueFunction<void(bool)> pressure);
  /// Starts the lanes, then the sources: all of them that do not run yet. A connector that cannot be made (a
  /// certificate that is missing) is an alarm of its own and the others run: false, try again later.
  bool start_connectors();
  /// High water: pauses the sources, or lets them go on.
  void set_pressure(bool on);
  /// Sources first, then the lanes, all until the same deadline, then the spool. Idempotent. *Blocks*.
  void stop(Deadline deadline);

  /// Posts an alarm for each lane whose worker is stuck, and its end. *Threads*: safe from any; called now and then.
  void watch_lanes() EXCLUDES(mutex_);
  /// *Threads*: safe from any. *Errors*: not_found.
  Status resume_lane(std::string_view route, std::string_view sink);
  /// *Threads*: as the spool's own.
  [[nodiscard]] Spool& spool() noexcept { return *spool_; }
  /// *Threads*: safe from any.
  [[nodiscard]] Taps& taps() noexcept { return *taps_; }
  /// *Threads*: safe from any.
  [[nodiscard]] Replays& replays() noexcept { return *replays_; }

 private:
  /// A connector with what it uses; stays where it is, since the connector points into it.
  struct SourcePart {
    const SourceConfig* config = nullptr;
    SourceId id;
    std::unique_ptr<SeededRandom> random;
    ConnectorContext context;
    std::unique_ptr<Source> source;  ///< null: not made yet
    std::string trouble;             ///< why not
  };
  struct LanePart {
    const RouteConfig* route = nullptr;
    const SinkConfig* sink = nullptr;
    LaneId id;
    std::unique_ptr<SeededRandom> random;
    ConnectorContext context;
    std::unique_ptr<Lane> lane;  ///< null: not made yet
    std::string trouble;         ///< why not
  };

  explicit Pipeline(PipelineSetup setup) : setup_(setup) {}
  void list_parts();
  Status open_spool();
  void report(const SpoolOpening& opening) const;
  void compile_routes();
  void prepare_replays();
  bool start_lane(LanePart& part) EXCLUDES(mutex_);
  bool start_source(SourcePart& part);
  ConnectorContext context_for(const std::string& name, SourceId source, Random& random) const;
  bool missing(const std::string& component, const Error& error, std::string& trouble) const;
  void stop_lanes(Deadline deadline);

  PipelineSetup setup_;
  const Log log_{"gateway"};
  SeededRandom intake_random_{entropy_seed()};
  std::unique_ptr<Spool> spool_;
  InternalSources internal_;
  std::unique_ptr<Replays> replays_;
  std::unique_ptr<Taps> taps_;
  std::unique_ptr<GatewayIntake> intake_;
  std::deque<LanePart> lanes_;
  std::deque<SourcePart> sources_;
  bool connected_ = false;
  bool pressure_ = false;
  bool stopped_ = false;
  Mutex mutex_;
  std::map<std::string, Lane*, std::less<>> running_ GUARDED_BY(mutex_);  ///< by "route/sink"
  std::set<std::string> stuck_ GUARDED_BY(mutex_);                        ///< reported as such
};

}  // namespace tidegate
