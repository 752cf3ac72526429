#pragma once

#include <string_view>

namespace tidegate::mqtt {

/// Takes bytes as what a broker sends. The first byte chooses the version, how the bytes are cut, and when receipts
/// come; the rest goes through the codec and through a session. Aborts when either contradicts itself.
void receive_any_bytes(std::string_view bytes);

}  // namespace tidegate::mqtt
