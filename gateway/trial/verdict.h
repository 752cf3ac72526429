#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/trial/case_file.h"
#include "gateway/trial/trial_lane.h"

namespace tidegate {

/// One thing that is not as expected.
struct Finding {
  /// What was expected, and what was there in its place; either may be empty.
  struct Line {
    std::string expected, got;
    std::string difference;  ///< empty: the two agree
  };
  Position at;       ///< of the expectation
  std::string what;  ///< "temperatures/cloud: delivered after 2h"
  std::vector<Line> lines;
};

/// Compares what came of a lane with what was expected. `matched`: numbers of the given events that its route took.
/// `lane` and `when` name it in the findings.
std::vector<Finding> compare(const Expectation& expected, const LaneOutcome& outcome,
                             const std::vector<std::uint64_t>& matched, std::string_view lane, std::string_view when);

/// The first difference between an event and what is expected of it; empty: it is as expected.
std::string difference(const EventShape& expected, const Event& event);
std::string difference(const EventShape& expected, const DeadEvent& dead);

}  // namespace tidegate
