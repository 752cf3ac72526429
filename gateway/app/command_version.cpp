#include <fmt/format.h>

#include "gateway/app/commands.h"
#include "gateway/app/load.h"
#include "gateway/app/version.h"

namespace tidegate {

int version_command(bool json) {
  const std::string text =
      json ? fmt::format("{{\"version\":\"{}\"}}\n", version()) : fmt::format("tidegate {}\n", version());
  return print(text) ? kExitFine : kExitFailed;
}

}  // namespace tidegate
