#include "gateway/event/hops.h"

#include <cstddef>

#include "gateway/event/limits.h"

namespace tidegate {

void append_hop(std::string& hops, std::string_view more) {
  if (more.empty()) return;
  if (!hops.empty()) hops += ',';
  hops += more;
}

bool has_looped(const Event& event, std::string_view gateway_id) noexcept {
  std::size_t count = 0;
  for (const auto& [name, value] : event.attributes) {
    if (name != kHopsAttribute) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (rest.substr(0, comma) == gateway_id || ++count > limits::kHopsMax) return true;
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
  return false;
}

}  // namespace tidegate
