#include "connectors/http/json_batch.h"

#include <fmt/format.h>

namespace tidegate::http {

void write_json_batch(Events events, std::size_t bytes_max, std::string_view service,
                      const std::function<Status(const OutEvent& event, std::string& out)>& append, std::string& body,
                      Written& written) {
  constexpr std::size_t kBrackets = 2;
  body.assign(1, '[');  // GCC 12 takes an assignment of "[" for an overlap
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t before = body.size();
    if (before > 1) body += ',';
    const std::size_t start = body.size();
    Status appended = append(*events[i], body);
    const std::size_t bytes = body.size() - start + kBrackets;
    if (appended && bytes > bytes_max) {
      appended = Error{ErrorCode::invalid,
                       fmt::format("it has {} bytes, more than the {} that {} takes", bytes, bytes_max, service)};
    }
    if (!appended) {
      body.resize(before);
      written.unfit(i, appended.error().message);
    } else if (body.size() + 1 > bytes_max) {
      return written.too_large(fmt::format("the batch has more than the {} bytes that {} takes", bytes_max, service));
    }
  }
  body += ']';
}

}  // namespace tidegate::http
