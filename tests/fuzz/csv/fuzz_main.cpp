#include <cstddef>
#include <cstdint>

#include "csv_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::directory::read_any_file({reinterpret_cast<const char*>(data), size});
  return 0;
}
