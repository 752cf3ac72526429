#include <cstddef>
#include <cstdint>

#include "file_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  tidegate::file::examine_any({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
