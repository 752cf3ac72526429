#include <cstddef>
#include <cstdint>

#include "aws_reply_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::read_any_answer({reinterpret_cast<const char*>(data), size});
  return 0;
}
