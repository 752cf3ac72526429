#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "tests/support/receiver/arrivals.h"

namespace tidegate::testing {

/// One event as it was found in a request.
struct ReceivedEvent {
  std::string id;    ///< of CloudEvents; empty in formats without one
  std::string text;  ///< its part of the body: the JSON object, the line, or the whole body
  std::optional<Marker> marker;
};

/// Undoes a Content-Encoding. *Errors*: invalid when it is none of "", gzip, zstd, or the bytes are not that.
Result<std::string> decode_body(std::string_view content_encoding, std::string body);

/// The events of a request body, by its Content-Type; `ce_id` is the ce-id header, which makes it binary mode.
/// *Errors*: invalid when the body is not what its type says.
Result<std::vector<ReceivedEvent>> split_events(std::string_view content_type, std::string_view ce_id,
                                                std::string& body);

/// Undoes base64; what is not base64 ends it.
std::string decode_base64(std::string_view text);

}  // namespace tidegate::testing
