#include <cstddef>
#include <cstdint>

#include "templates_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::fill_any_template({reinterpret_cast<const char*>(data), size});
  return 0;
}
