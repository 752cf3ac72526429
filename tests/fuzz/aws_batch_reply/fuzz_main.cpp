#include <cstddef>
#include <cstdint>

#include "aws_batch_reply_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::aws::judge_any_reply({reinterpret_cast<const char*>(data), size});
  return 0;
}
