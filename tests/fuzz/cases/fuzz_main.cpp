#include <cstddef>
#include <cstdint>

#include "cases_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::load_any_cases({reinterpret_cast<const char*>(data), size});
  return 0;
}
