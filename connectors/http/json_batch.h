#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "connectors/http/service.h"
#include "gateway/base/result.h"

namespace tidegate::http {

/// Replaces `body` by a JSON array of the events that takes at most `bytes_max` bytes, which is what `service` takes of
/// a request and of an event. `append` puts an event at the end of a text; where it fails (invalid, a sentence), or
/// the event alone is too large, the event is `written.unfit`. Together they may be `written.too_large`.
void write_json_batch(Events events, std::size_t bytes_max, std::string_view service,
                      const std::function<Status(const OutEvent& event, std::string& out)>& append, std::string& body,
                      Written& written);

}  // namespace tidegate::http
