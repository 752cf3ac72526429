#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/kafka/producer.h"
#include "connectors/open_batches.h"
#include "gateway/base/mutex.h"

namespace tidegate::kafka {

/// How the producer and its connections are doing, since the producer was made.
struct LinkState {
  std::optional<SteadyTime> down_since;  ///< no broker can be reached, and none has answered since
  bool fatal = false;                    ///< the producer takes nothing more
  Cause cause = Cause::peer_down;        ///< of the latest trouble
  std::string trouble;                   ///< the latest, for a person
};

/// The open batches and the state of the producer, between the lane's worker and librdkafka's thread, which reports how
/// messages ended.
/// *Threads*: the observer's part is librdkafka's; the rest as of OpenBatches.
class Flights final : public OpenBatches, public ProducerObserver {
 public:
  explicit Flights(const Clock& clock) : OpenBatches(clock) {}

  void reported(std::span<const Report> reports) override EXCLUDES(mutex_);
  void failed(rd_kafka_resp_err_t error, std::string words, bool fatal) override EXCLUDES(mutex_);

  /// Forgets what was said of an earlier producer.
  void new_link() EXCLUDES(mutex_);
  [[nodiscard]] LinkState link() const EXCLUDES(mutex_);
  /// A broker answered.
  void link_is_up() EXCLUDES(mutex_);

  void end(std::uint64_t ticket, Verdict verdict) EXCLUDES(mutex_);
  /// Everything is about to be given up: what is purged ends for this reason.
  void give_up(const std::string& why, Cause cause) EXCLUDES(mutex_);
  /// What the reports since the last call ask of the size of requests.
  Smaller take_smaller() EXCLUDES(mutex_);
  /// Messages delivered since the last call.
  std::size_t take_delivered() EXCLUDES(mutex_);

 private:
  void answered() REQUIRES(mutex_);

  LinkState link_ GUARDED_BY(mutex_);
  std::optional<Verdict> given_up_ GUARDED_BY(mutex_);  ///< how a purged message ends
  std::size_t delivered_ GUARDED_BY(mutex_) = 0;
  Smaller smaller_ GUARDED_BY(mutex_) = Smaller::no;
};

}  // namespace tidegate::kafka
