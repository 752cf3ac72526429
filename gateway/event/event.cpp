#include "gateway/event/event.h"

namespace tidegate {

std::size_t payload_bytes(const Event& event) noexcept {
  std::size_t bytes = event.subject.size() + event.data.size();
  for (const auto& [name, value] : event.attributes) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace tidegate
