#pragma once

#include <cstddef>

namespace tidegate::test {

/// How often this program has called operator new so far.
std::size_t allocations() noexcept;

}  // namespace tidegate::test
