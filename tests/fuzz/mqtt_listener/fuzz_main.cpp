#include <cstddef>
#include <cstdint>

#include "listener_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::mqtt_listener::happen({reinterpret_cast<const char*>(data), size});
  return 0;
}
