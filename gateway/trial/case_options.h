#pragma once

#include "gateway/config/option_table.h"
#include "gateway/trial/case_file.h"

/// The options of a file of cases, section by section, as they are written.
namespace tidegate {

struct CaseRow {
  std::string name;
  WallTime starts = TestCase{}.starts;
  std::optional<milliseconds> run_for;
  std::optional<ConfigNode> given, sinks, expect;
};
struct GivenRow {
  std::string source, topic, id, type, datacontenttype, text, base64;
  std::optional<WallTime> time;
  std::map<std::string, std::string> attributes;
  std::optional<ConfigNode> data, series;
  milliseconds at = GivenEvent{}.at;
  std::optional<std::uint64_t> repeat;
  milliseconds every = GivenEvent{}.every;
};
struct ExpectationRow {
  std::optional<ConfigNode> matched, delivered, filtered, dead, at;
  std::optional<std::uint64_t> pending;
};

const OptionTableOf<CaseRow>& case_options();
const OptionTableOf<GivenRow>& given_options();
const OptionTableOf<ScriptStep>& script_options();
const OptionTableOf<EventShape>& shape_options();
const OptionTableOf<ExpectationRow>& expectation_options();

}  // namespace tidegate
