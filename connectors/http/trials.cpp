#include "connectors/http/trials.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "connectors/http/header_lines.h"
#include "gateway/event/json_text.h"

namespace tidegate::http {

Result<Preview> preview_alone(Service& service, const OutEvent& event) {
  const OutEvent* alone = &event;
  Request request;
  Written written;
  service.write(std::span(&alone, 1), request, written);
  for (const std::string* fault : {&written.failure(), &written.too_large_reason()}) {
    if (!fault->empty()) return Error{ErrorCode::invalid, *fault};
  }
  if (!written.unfits().empty()) return Error{ErrorCode::invalid, written.unfits().front().reason};
  Preview preview;
  // A query may hold a signature.
  preview.to = fmt::format("{} {}", request.method, request.url.substr(0, request.url.find('?')));
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto& [name, value] = request.headers.at(i);
    if (same_header(name, "Content-Type")) preview.content_type = value;
  }
  preview.body = std::move(request.body);
  return preview;
}

bool fill_trial_reply(const PeerAnswer& answer, long status_of_code, TrialReply& out) {
  const char* end = answer.name.data() + answer.name.size();
  const auto [rest, error] = std::from_chars(answer.name.data(), end, out.reply.status);
  if (error != std::errc() || rest != end) out.reply.status = status_of_code;
  if (out.reply.status < 200 || out.reply.status > 599) return false;
  out.reply.request_sent = true;
  out.body = answer.words;
  out.reply.body = out.body;
  if (answer.retry_after) {
    out.retry_after = std::to_string(std::chrono::ceil<std::chrono::seconds>(*answer.retry_after).count());
    out.reply.retry_after = out.retry_after;
  }
  return true;
}

std::string error_object_text(std::string_view code, std::string_view message) {
  std::string out = R"({"error":{"code":)";
  append_json_string(code, out);
  out += R"(,"message":)";
  append_json_string(message, out);
  return out + "}}";
}

}  // namespace tidegate::http
