#pragma once

#include <cstdint>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/trial/case_file.h"

namespace tidegate {

/// *Errors*: invalid, when no peer of such a sink gives this answer.
Status check_answer(const ConnectorType& sink, const ScriptStep& step);

/// The far end of a lane, which does what its script says; past the end of the script it takes everything.
/// *Threads*: one user at a time.
class ScriptedPeer {
 public:
  /// `script` and `sink` outlive it.
  ScriptedPeer(const std::vector<ScriptStep>& script, const ConnectorType& sink, SteadyTime begin)
      : script_(script), sink_(sink), step_began_(begin) {}

  struct Reply {
    Settled settled;
    milliseconds takes;  ///< until it is there
  };
  /// Whether a connection that is tried now comes about.
  bool connects(SteadyTime now);
  Reply answer(const Batch& batch, SteadyTime now);

 private:
  /// The step that is on now; null: the script is over.
  const ScriptStep* step(SteadyTime now);

  const std::vector<ScriptStep>& script_;
  const ConnectorType& sink_;
  std::size_t at_ = 0;
  SteadyTime step_began_;
  std::uint64_t requests_ = 0;  ///< of this step
};

}  // namespace tidegate
