#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/health.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// How a gateway is doing, in one picture: what /v1/status and `tidegate status` show.
struct StatusReport {
  struct SourceRow {
    std::string name;
    std::string type;  ///< the connector: "mqtt"
  };
  struct LaneRow {
    std::string route;
    std::string sink;
    std::string type;                                    ///< the sink's connector
    std::optional<std::chrono::seconds> oldest_pending;  ///< its age; live gateways only
  };

  std::string version;
  std::string gateway_id;
  std::string data_dir;
  bool live = true;  ///< false: read from the data directory of a gateway that is not running
  bool ready = false;
  bool stopping = false;
  std::chrono::seconds uptime{0};
  WallTime now{};
  std::vector<SourceRow> sources;
  std::vector<LaneRow> lanes;
  SpoolSnapshot spool;
  std::map<std::string, Health::Entry, std::less<>> health;
};

/// The report as JSON; the keys are part of the API.
nlohmann::json to_json(const StatusReport& report);

/// One dead letter as JSON text: what it is and why it is here; with `whole`, also "event": the CloudEvent, whose data
/// are the payload's own bytes (a number keeps all its digits).
std::string dead_letter_json(const DeadLetter& letter, bool whole);

/// The stable name of a reason: "rejected", "expired", "attempts".
std::string_view name_of(DeadReason why) noexcept;

}  // namespace tidegate
