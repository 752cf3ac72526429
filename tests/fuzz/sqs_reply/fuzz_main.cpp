#include <cstddef>
#include <cstdint>

#include "sqs_reply_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::aws_sqs::read_any_reply({reinterpret_cast<const char*>(data), size});
  return 0;
}
