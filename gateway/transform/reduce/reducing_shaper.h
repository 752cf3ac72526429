#pragma once

#include <memory>

#include "gateway/delivery/shaper.h"
#include "gateway/transform/reduce/reducer.h"

namespace tidegate {

/// Reduces what comes fresh from the log; what leaves is `next`'s to shape. `next` remembers nothing and emits nothing.
std::unique_ptr<Shaper> make_reducing_shaper(const ReducerSetup& setup, std::unique_ptr<Shaper> next);

}  // namespace tidegate
