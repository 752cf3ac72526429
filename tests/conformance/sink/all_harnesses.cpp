#include "tests/conformance/sink/sink_harness.h"

namespace tidegate::testing {

const std::vector<HarnessRow>& all_harnesses() {
  static const std::vector<HarnessRow> rows = {{"Http", make_http_harness}};
  return rows;
}

}  // namespace tidegate::testing
