#include "connectors/http/talk.h"

#include <fmt/format.h>

#include "connectors/auth/limits.h"
#include "connectors/http/limits.h"

namespace tidegate::http {

Result<Transfer*> Talk::next(WallTime now) {
  Request request;
  const Result<bool> more = errand_->next(request, now);
  transfer_.reset();
  if (!more) return more.error();
  if (!*more) return static_cast<Transfer*>(nullptr);
  if (++requests_ > limits::kErrandRequestsMax) {
    return Error{ErrorCode::refused, fmt::format("no credential after {} requests, the last to {}", requests_ - 1,
                                                 request.url.substr(0, request.url.find('?')))};
  }
  const ConnectionOptions* own = errand_->connection();
  const ConnectionOptions& connection = own != nullptr ? *own : sink_connection_;
  transfer_ = Transfer::create(request.url, connection, limits::kHttpResponseBytesMax);
  if (!transfer_) return Error{ErrorCode::unavailable, "libcurl is out of memory"};
  transfer_->request() = std::move(request);
  transfer_->start(connection);
  return transfer_.get();
}

Status Talk::take(CURLcode code, WallTime now) {
  const Reply reply = transfer_->reply(code);
  if (reply.code == CURLE_OK && reply.status != 0 && !reply.cut) return errand_->take(reply, now);
  const std::string& url = transfer_->request().url;
  const std::string_view words = reply.cut             ? "the answer is too long"
                                 : reply.error.empty() ? curl_easy_strerror(reply.code)
                                                       : reply.error;
  return Error{ErrorCode::unavailable,
               fmt::format("{}: {}", url.substr(0, url.find('?')), excerpt(words, limits::kHttpExcerptBytesMax))};
}

}  // namespace tidegate::http
