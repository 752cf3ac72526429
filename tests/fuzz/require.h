#pragma once

#include <cstdio>
#include <cstdlib>

namespace tidegate::test {

/// Ends the process, which a fuzzer takes for a finding, when a promise does not hold. `what`: the promise.
inline void require(bool holds, const char* what = "") {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}

}  // namespace tidegate::test
