#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/random.h"
#include "gateway/base/uuid.h"
#include "gateway/config/config.h"
#include "gateway/trial/sink_desk.h"
#include "gateway/trial/trial_routes.h"

namespace tidegate {

/// An event to explain, as somebody gives it: the intake's part is open.
struct Specimen {
  std::string source;  ///< a name of the config's sources; empty: the only one there is, or any
  Event event;
};

/// Reads one line of NDJSON: an object with `topic` and at most one of `data` (any JSON), `text` and `base64`; also
/// `source`, `id`, `type`, `time`, `datacontenttype` and `attributes`. *Errors*: invalid, with the remedy.
Result<Specimen> read_specimen(std::string_view line);

/// Says for each route why it takes an event or not, and what its sinks would get. What reductions remember is kept
/// from one event to the next. *Threads*: one user at a time.
class Explainer {
 public:
  /// The config outlives it.
  explicit Explainer(const Config& config);

  struct RouteVerdict {
    bool matched = false;
    std::string reason;  ///< the first condition that failed
  };
  /// Completes the event and judges it: one verdict per route, in the order of the config, valid until the next call.
  /// *Errors*: invalid: the config has no such source, or the event breaks a limit.
  Result<const std::vector<RouteVerdict>*> explain(Specimen& specimen, Instant now);

  /// What one sink would get: the parts that leave, in order, or why none does.
  struct SinkVerdict {
    const SinkConfig* sink = nullptr;
    std::vector<Preview> parts;
    std::string filtered;  ///< reason
    std::string dead;      ///< reason
  };
  /// What the sinks of a route that matched would get of an event that explain() completed.
  std::vector<SinkVerdict> deliveries(std::size_t route, const Event& event, Instant now);

 private:
  Shaper* shaper(std::size_t route, std::size_t sink, std::string& trouble);

  const Config& config_;
  TrialRoutes routes_;
  SinkDesk desk_;
  SeededRandom random_;
  UuidV7 ids_;
  std::vector<RouteVerdict> verdicts_;
  std::vector<std::vector<std::unique_ptr<Shaper>>> shapers_;  ///< by route and sink, as they are needed
  std::uint64_t last_seq_ = 0;
};

}  // namespace tidegate
