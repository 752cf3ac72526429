#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/event/event.h"

/// CloudEvents 1.0 in: what cloud_events.h writes, and what other producers write.
///
/// id, source, type, subject and datacontenttype are kept as they are; time to the millisecond; every other attribute,
/// dataschema included, becomes an attribute of the event under its own name. Integers and booleans are kept as text.
namespace tidegate {

/// Reads the event that stands as a JSON object at the front of `text`, which is UTF-8; returns where it ends.
/// A JSON payload is kept byte for byte. A payload of another media type that is written as a string is what the string
/// says.
/// *Errors*: invalid, with a sentence for the producer. *Source*: CloudEvents JSON event format 1.0.2, sections 2
/// and 3.
Result<std::size_t> read_cloud_event(std::string_view text, Event& event);

/// Reads the attributes of binary content mode: names in lower case without "ce-", values as they stand in the headers.
/// Data and datacontenttype are the caller's.
/// *Errors*: invalid, with a sentence for the producer. *Source*: CloudEvents HTTP protocol binding 1.0.2, section 3.1.
Status read_cloud_event_headers(const std::vector<std::pair<std::string, std::string>>& headers, Event& event);

/// True for application/json, any other type whose subtype is json, and any that ends in +json.
/// *Source*: CloudEvents JSON event format 1.0.2, section 3.1.
bool is_json_media_type(std::string_view media_type) noexcept;

/// "type/subtype" in lower case, without parameters and the space around it.
std::string media_type_essence(std::string_view media_type);

}  // namespace tidegate
