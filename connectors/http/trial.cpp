// What test cases and `tidegate explain` ask of an http sink.

#include <fmt/format.h>

#include "connectors/http/body.h"
#include "connectors/http/http.h"
#include "connectors/http/judge.h"
#include "connectors/http/options.h"
#include "connectors/http/post.h"
#include "connectors/http/trials.h"
#include "gateway/delivery/options.h"

namespace tidegate {

std::optional<Settled> judge_http_answer(const PeerAnswer& answer) {
  http::TrialReply trial;
  if (!http::fill_trial_reply(answer, 0, trial)) return std::nullopt;
  return http::settled(http::judge(trial.reply, answer.events, WallTime{}));
}

Result<Preview> preview_http(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  const auto& sink = std::any_cast<const http::SinkOptions&>(options);
  const bool structured = context.delivery != nullptr && context.delivery->batch.max_events == 1;
  const OutEvent* alone = &event;
  Preview preview;
  // A query may hold a signature.
  preview.to = fmt::format("{} {}", http::name_of(sink.method), sink.url.substr(0, sink.url.find('?')));
  preview.content_type = http::body_content_type(sink.format, structured, event);
  http::write_body(sink.format, structured, std::span(&alone, 1), preview.body);
  return preview;
}

}  // namespace tidegate
