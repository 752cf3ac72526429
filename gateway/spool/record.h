#pragma once

#include <string>
#include <string_view>

#include "gateway/base/ids.h"
#include "gateway/event/event.h"

namespace tidegate {

/// Appends one event as a record: how an event is stored in a block, in `deferred` and in `dead_letters`.
/// `source`: who brought it; 0 is not stored. *Source*: FORMAT.md, "Event record".
void put_record(std::string& out, const Event& event, SourceId source = {});

/// The same with a checksum at the end, for a record that is stored alone.
void put_sealed_record(std::string& out, const Event& event);
[[nodiscard]] bool get_sealed_record(std::string_view sealed, Event& event);

/// Reads a record back. False when the bytes are not one; `event` is then unspecified.
[[nodiscard]] bool get_record(std::string_view record, Event& event, SourceId& source);
[[nodiscard]] bool get_record(std::string_view record, Event& event);

}  // namespace tidegate
