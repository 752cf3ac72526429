#pragma once

#include <string>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/trial/case_file.h"
#include "gateway/trial/verdict.h"

namespace tidegate {

struct CaseResult {
  std::string name;
  Position position;
  milliseconds lived{0};          ///< virtual time
  std::string trouble;            ///< not empty: why the case could not be run to its end
  std::vector<Finding> findings;  ///< what is not as expected

  [[nodiscard]] bool passed() const noexcept { return trouble.empty() && findings.empty(); }
};

/// Lives a case through in virtual time, with the config's routes, lanes and delivery options, and compares. The same
/// case always gives the same result. Reaches for no peer, thread or disk.
CaseResult run_case(const Config& config, const TestCase& test);

}  // namespace tidegate
