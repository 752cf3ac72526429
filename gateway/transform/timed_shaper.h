#pragma once

#include <memory>

#include "gateway/delivery/shaper.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/spool/spool.h"
#include "gateway/transform/event_time.h"

namespace tidegate {

/// Gives `next` each event with the time that its device says it happened. Windows that a reduction emitted keep
/// theirs. `topic` is the route's: where captures come from.
std::unique_ptr<Shaper> make_timed_shaper(EventTimeOptions options, TopicFilter topic, SourceId windows,
                                          std::unique_ptr<Shaper> next);

}  // namespace tidegate
