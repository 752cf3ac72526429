#include <cstddef>
#include <cstdint>

#include "page_scan_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::scan_any_bytes({reinterpret_cast<const char*>(data), size});
  return 0;
}
