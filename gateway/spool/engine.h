#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/mutex.h"
#include "gateway/spool/block.h"
#include "gateway/spool/committer.h"
#include "gateway/spool/files.h"
#include "gateway/spool/reader.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// The Spool: a committer that writes, a reader that the lanes share, and the picture that the latest commit left.
class SpoolEngine final : public Spool, private CommitObserver {
 public:
  struct Parts {
    SpoolOptions options;
    SpoolFiles files;
    DirectoryLock lock;
    std::unique_ptr<Store> store;
    std::unique_ptr<Reader> reader;
    Books books;
    InternalSources internal;
    std::optional<SpoolOpening::Salvage> salvage;
  };
  SpoolEngine(Parts parts, const Clock& clock, Health& health, Metrics& metrics);
  ~SpoolEngine() override;

  void start(UniqueFunction<void(bool)> pressure) override;
  void stop() override;
  void append(SpoolSubmission submission, Receipt receipt) override;
  void settle(Settlement settlement, UniqueFunction<void(Status)> done) override;
  Result<LaneRead> read(LaneId lane, Seq from, std::size_t events_max, std::size_t bytes_max) override;
  Result<std::vector<Deferred>> read_deferred(LaneId lane) override;
  LaneState lane_state(LaneId lane) const override EXCLUDES(picture_mutex_);
  Result<std::vector<std::pair<std::string, std::string>>> lane_state_rows(LaneId lane) override;
  void watch(LaneId lane, UniqueFunction<void(Seq)> committed) override EXCLUDES(watch_mutex_);
  std::vector<std::pair<std::string, std::string>> source_state(SourceId source, const std::string& prefix) override;
  SpoolSnapshot snapshot() const override EXCLUDES(picture_mutex_);
  Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) override;
  Result<std::uint64_t> retry_dead(const std::vector<std::uint64_t>& numbers) override;
  Result<std::uint64_t> drop_dead(const std::vector<std::uint64_t>& numbers) override;
  Result<LogPage> scan(Seq from, WallTime since, std::size_t bytes_max) override;
  Result<std::uint64_t> drop_lane(const std::string& route, const std::string& sink) override;
  Result<std::uint64_t> adopt_lane(const std::string& route, const std::string& sink, const std::string& to_route,
                                   const std::string& to_sink) override;

 private:
  /// Where a lane is reading: the block it is in stays unpacked between reads.
  struct ReadSpot {
    Mutex mutex;
    BlockFetch block GUARDED_BY(mutex);
    std::uint32_t next_index GUARDED_BY(mutex) = 0;  ///< the record that `offset` points at
    std::size_t offset GUARDED_BY(mutex) = 0;
    std::atomic<bool> revived{false};
  };
  struct LaneMetrics {
    Gauge* pending;
    Counter *received, *delivered, *dead, *expired, *evicted, *lost;
  };
  struct SourceMetrics {
    Counter *received, *filtered, *evicted, *repeats;
  };

  void on_commit(Books& books, const CommitEffects& effects, const Store::Space& space) override;
  void on_state(bool full, const std::string& trouble) override;
  void before_rebuild() override;
  void after_rebuild(const SpoolOpening::Salvage& outcome) override;
  void picture_lane(const LaneBook& lane, const Books& books) REQUIRES(picture_mutex_);
  void show_lane(const LaneBook& lane, const Books& books) REQUIRES(picture_mutex_);
  void hide_lane(const std::string& name) REQUIRES(picture_mutex_);
  void picture_source(const SourceBook& source) REQUIRES(picture_mutex_);
  void note_damage(const SpoolOpening::Salvage& outcome);
  void call_watches(const CommitEffects& effects) EXCLUDES(watch_mutex_);
  bool take_events(ReadSpot& spot, LaneRead& out, std::size_t events_max, std::size_t bytes_max, std::size_t& bytes)
      REQUIRES(spot.mutex);

  const SpoolOptions options_;
  const InternalSources internal_;
  const DirectoryLock lock_;
  Health& health_;
  Metrics& metrics_;
  const Log log_{"spool"};
  std::unique_ptr<Reader> reader_;
  std::map<LaneId, std::unique_ptr<ReadSpot>> spots_;  ///< fixed once open
  std::map<LaneId, LaneMetrics> lane_metrics_;
  std::map<SourceId, SourceMetrics> source_metrics_;
  Gauge& bytes_gauge_;
  Counter& commits_counter_;
  Counter& commit_events_counter_;

  mutable Mutex picture_mutex_;
  SpoolSnapshot picture_ GUARDED_BY(picture_mutex_);
  std::map<LaneId, LaneState> lane_states_ GUARDED_BY(picture_mutex_);

  std::string damage_;  ///< what a salvage found, for Health; the committer thread's

  Mutex watch_mutex_;
  std::map<LaneId, UniqueFunction<void(Seq)>> watches_ GUARDED_BY(watch_mutex_);

  std::unique_ptr<Committer> committer_;  ///< last: its thread uses all of the above
};

}  // namespace tidegate
