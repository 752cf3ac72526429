#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tidegate {

/// How far a replay is, on one line without a line break; `replay` is the answer of GET /v1/replays/N.
std::string replay_progress(const nlohmann::json& replay);

/// What became of a finished replay, and what was left out and why: one sentence a line.
std::string replay_outcome(const nlohmann::json& replay);

/// A table of all replays; `replays` is the list in the answer of GET /v1/replays.
std::string replay_table(const nlohmann::json& replays);

}  // namespace tidegate
