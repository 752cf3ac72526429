#include <cstddef>
#include <cstdint>

#include "patterns_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::match_any_patterns({reinterpret_cast<const char*>(data), size});
  return 0;
}
