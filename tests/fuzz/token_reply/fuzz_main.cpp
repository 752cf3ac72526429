#include <cstddef>
#include <cstdint>

#include "token_reply_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::auth::read_any_reply({reinterpret_cast<const char*>(data), size});
  return 0;
}
