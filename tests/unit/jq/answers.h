#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gateway/transform/jq/runner.h"

namespace tidegate::test {

/// Asks until every input is answered.
inline std::vector<JqAnswer> all_answers(JqRunner& runner, const std::vector<std::string>& inputs) {
  std::vector<JqAnswer> all;
  while (all.size() < inputs.size()) {
    auto answers = runner.run(std::span(inputs).subspan(all.size()));
    if (!answers || answers->empty()) {
      ADD_FAILURE() << (answers ? "no answer" : answers.error().message);
      break;
    }
    for (JqAnswer& answer : *answers) all.push_back(std::move(answer));
  }
  return all;
}

}  // namespace tidegate::test
