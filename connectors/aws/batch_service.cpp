#include "connectors/aws/batch_service.h"

#include <fmt/format.h>

#include <utility>

#include "connectors/aws/limits.h"
#include "connectors/aws/sink.h"

namespace tidegate::aws {

BatchService::BatchService(std::string url, const BatchBounds& bounds, EntryMarks marks)
    : url_(std::move(url)), bounds_(bounds), marks_(marks) {}

SinkLimits BatchService::limits() const noexcept { return batch_limits(bounds_.entries_max); }

std::size_t BatchService::reply_bytes_max() const noexcept { return limits::kAwsBatchReplyBytesMax; }

void BatchService::write(http::Events events, http::Request& request, http::Written& written) {
  begin(request);
  std::string& body = request.body;
  std::size_t total = 0, entries = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t start = body.size();
    if (entries != 0) body += marks_.between;
    const Result<std::size_t> bytes = append_entry(*events[i], entries, body);
    if (!bytes) {
      body.resize(start);
      written.unfit(i, bytes.error().message);
      continue;
    }
    ++entries;
    total += *bytes;
  }
  body += marks_.after;
  if (total > bounds_.bytes_max) {
    written.too_large(fmt::format("the {} have {} bytes, and {} takes {} in {}", bounds_.entries, total, bounds_.taker,
                                  bounds_.bytes_max, bounds_.together));
  }
}

}  // namespace tidegate::aws
