#pragma once

#include <string_view>

namespace tidegate {

/// Takes the bytes for the pages of a file and reads every row in them. Ends the process when a promise of
/// page_scan.h does not hold.
void scan_any_bytes(std::string_view bytes);

}  // namespace tidegate
