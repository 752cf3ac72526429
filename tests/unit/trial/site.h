#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/trial/case_file.h"
#include "gateway/trial/trial_run.h"

namespace tidegate::testing {

/// A site with two sources (floor, erp), two sinks (cloud by http, hq by mqtt) and the routes that are given.
Config site(std::string_view routes);

/// Loads cases for a config; reports what is wrong with them as a failure of the test.
std::vector<TestCase> cases_of(const Config& config, std::string_view text);
/// What is said of a file of cases.
std::string said_of(const Config& config, std::string_view text);
/// Runs the only case of a text.
CaseResult run_only(const Config& config, std::string_view text);
/// Its findings, a line each: what, and the first difference.
std::string findings_of(const CaseResult& result);

}  // namespace tidegate::testing
