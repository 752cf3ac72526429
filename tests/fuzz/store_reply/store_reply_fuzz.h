#pragma once

#include <string_view>

namespace tidegate::stores {

/// Has every store's rules judge an answer: the first two bytes say the status, the rest is the body. The process ends
/// where a judgement does not fit its events.
void judge_any(std::string_view bytes);

}  // namespace tidegate::stores
