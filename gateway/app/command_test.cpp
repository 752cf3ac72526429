#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/app/commands.h"
#include "gateway/app/load.h"
#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"
#include "gateway/trial/trial_run.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// Widest of the two columns that a failure shows side by side.
constexpr std::size_t kColumnWidth = 60;

std::string place(const std::string& file, Position at) { return fmt::format("{}:{}:{}", file, at.line, at.column); }

std::string as_text(const Finding& finding, const std::string& file) {
  std::string out = fmt::format("      {}: {}\n", place(file, finding.at), printable(finding.what));
  std::vector<std::pair<std::string, std::string>> cells;
  std::size_t width = std::string_view("expected").size();
  for (const Finding::Line& line : finding.lines) {
    cells.emplace_back(cut_to(printable(line.expected), kColumnWidth), cut_to(printable(line.got), kColumnWidth));
    width = std::max(width, cells.back().first.size());
  }
  out += fmt::format("          {:{}}  {}\n", "expected", width, "got");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& difference = finding.lines[i].difference;
    out +=
        fmt::format("        {} {:{}}  {}\n", difference.empty() ? ' ' : '!', cells[i].first, width, cells[i].second);
    // Of one line the columns say it all.
    if (!difference.empty() && finding.lines.size() > 1) {
      out += fmt::format("          {:{}}  {}\n", "", width, printable("^ " + difference));
    }
  }
  return out;
}

std::string as_text(const CaseResult& result, const std::string& file) {
  std::string out =
      fmt::format("{}  {}  ({} of virtual time)\n", result.passed() ? "ok  " : "FAIL", printable(result.name),
                  format_span(std::chrono::duration_cast<std::chrono::seconds>(result.lived).count()));
  if (!result.trouble.empty()) out += fmt::format("      {}: {}\n", place(file, result.position), result.trouble);
  for (const Finding& finding : result.findings) out += as_text(finding, file);
  return out;
}

json as_json(const CaseResult& result, const std::string& file) {
  json findings = json::array();
  for (const Finding& finding : result.findings) {
    json lines = json::array();
    for (const Finding::Line& line : finding.lines) {
      lines.push_back({{"expected", line.expected}, {"got", line.got}, {"difference", line.difference}});
    }
    findings.push_back(
        {{"line", finding.at.line}, {"column", finding.at.column}, {"what", finding.what}, {"lines", lines}});
  }
  json out = {{"file", file},
              {"name", result.name},
              {"line", result.position.line},
              {"passed", result.passed()},
              {"virtual_ms", result.lived.count()},
              {"findings", std::move(findings)}};
  if (!result.trouble.empty()) out["trouble"] = result.trouble;
  return out;
}

/// Runs the cases of one file. False: standard output is gone.
class Trials {
 public:
  Trials(const Config& config, const CommonOptions& common, const TestChoice& choice)
      : config_(config), common_(common), choice_(choice) {}

  bool run(const std::vector<TestCase>& cases, const std::string& file) {
    for (const TestCase& test : cases) {
      if (test.name.find(choice_.filter) == std::string::npos) continue;
      const CaseResult result = run_case(config_, test);
      ++(result.passed() ? passed_ : failed_);
      const std::string out = common_.json
                                  ? as_json(result, file).dump(-1, ' ', false, json::error_handler_t::replace) + "\n"
                                  : as_text(result, file);
      if (!print(out)) return false;
    }
    return true;
  }

  int end() const {
    if (passed_ + failed_ == 0) {
      complain("no case has a name that holds " + quote(choice_.filter));
      return kExitUsage;
    }
    const std::string failed = failed_ > 0 ? fmt::format(", {} failed", failed_) : "";
    if (!common_.json && !print(fmt::format("{} passed{}\n", passed_, failed))) return kExitFailed;
    return failed_ > 0 ? kExitFailed : kExitFine;
  }

 private:
  const Config& config_;
  const CommonOptions& common_;
  const TestChoice& choice_;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace

int test_command(const CommonOptions& common, const TestChoice& choice) {
  const auto config = load_to_shape(common);
  if (!config) return kExitUsage;
  auto files = choice.files;
  if (files.empty()) files.push_back(cases_beside(common.config_file));
  // All of them first: a mistake in the last file is no reason to run the others.
  std::vector<std::pair<std::string, std::vector<TestCase>>> loaded;
  bool complete = true;
  for (const auto& file : files) {
    LoadedCases cases = load_cases(file, *config);
    const std::string said = cases.diagnostics.text();
    std::fwrite(said.data(), 1, said.size(), stderr);
    complete = complete && cases.cases;
    if (cases.cases) loaded.emplace_back(file.string(), *std::move(cases.cases));
  }
  if (!complete) return kExitUsage;
  Trials trials(*config, common, choice);
  for (const auto& [file, cases] : loaded) {
    if (!trials.run(cases, file)) return kExitFailed;
  }
  return trials.end();
}

}  // namespace tidegate
