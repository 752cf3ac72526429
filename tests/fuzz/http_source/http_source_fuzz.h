#pragma once

#include <string_view>

namespace tidegate::ingest {

/// Takes bytes as what a client sends: requests one after the other, each read to its events. The first byte chooses
/// how the bytes are cut. Aborts when the cut changes anything, or when a limit does not hold.
void receive_any_bytes(std::string_view bytes);

}  // namespace tidegate::ingest
