#include <cstddef>
#include <cstdint>

#include "store_reply_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  tidegate::stores::judge_any({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
