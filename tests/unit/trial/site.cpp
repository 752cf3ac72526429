#include "tests/unit/trial/site.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tidegate::testing {

namespace {

constexpr std::string_view kParts = R"(
gateway: { id: plant-7 }
sources:
  floor: { type: mqtt, broker: "mqtt://127.0.0.1", subscribe: ["sensors/#"] }
  erp: { type: directory, path: /tmp/erp }
sinks:
  cloud: { type: http, url: "http://127.0.0.1:9/events", batch: { max_wait: 0s } }
  hq: { type: mqtt, broker: "mqtt://127.0.0.1", batch: { max_wait: 0s } }
)";

}  // namespace

Config site(std::string_view routes) {
  const std::string text = std::string(kParts) + std::string(routes);
  LoadedConfig loaded = load_config_text(text, "site.yaml", connector_types(), process_environment());
  EXPECT_TRUE(loaded.config) << loaded.diagnostics.text();
  return loaded.config.value_or(Config{});
}

std::string said_of(const Config& config, std::string_view text) {
  return load_cases_text(text, "site.test.yaml", config).diagnostics.text();
}

std::vector<TestCase> cases_of(const Config& config, std::string_view text) {
  LoadedCases loaded = load_cases_text(text, "site.test.yaml", config);
  EXPECT_EQ(loaded.diagnostics.text(), "");
  return loaded.cases.value_or(std::vector<TestCase>{});
}

CaseResult run_only(const Config& config, std::string_view text) {
  const std::vector<TestCase> cases = cases_of(config, text);
  EXPECT_EQ(cases.size(), 1u);
  return cases.empty() ? CaseResult{} : run_case(config, cases.front());
}

std::string findings_of(const CaseResult& result) {
  std::string out = result.trouble.empty() ? "" : result.trouble + "\n";
  for (const Finding& finding : result.findings) {
    out += finding.what;
    for (const Finding::Line& line : finding.lines) {
      if (line.difference.empty()) continue;
      out += fmt::format(" | {} | {} | {}", line.expected, line.got, line.difference);
      break;
    }
    out += "\n";
  }
  return out;
}

}  // namespace tidegate::testing
