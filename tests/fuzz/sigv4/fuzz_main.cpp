#include <cstddef>
#include <cstdint>

#include "sigv4_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::sign_any_request({reinterpret_cast<const char*>(data), size});
  return 0;
}
