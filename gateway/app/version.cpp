#include "gateway/app/version.h"

namespace tidegate {

std::string_view version() noexcept { return TIDEGATE_VERSION; }

}  // namespace tidegate
