#pragma once

#include <optional>
#include <vector>

#include "gateway/config/option_table.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/transform/reduce/options.h"

namespace tidegate {

/// One step of a route's `reduce`.
const OptionTableOf<ReduceStep>& reduce_options();
/// What is wrong with a route's steps taken together, or with its topic.
std::optional<OptionFault> check_reduction(const std::vector<ReduceStep>& steps, const TopicFilter& topic);

}  // namespace tidegate
