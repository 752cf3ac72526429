#include "connectors/http/sink.h"
#include "connectors/auth/make_auth.h"
#include "connectors/gcp_pubsub/gcp_pubsub.h"
#include "connectors/gcp_pubsub/reply.h"
#include "connectors/gcp_pubsub/service.h"
#include "connectors/http/trials.h"

namespace tidegate {

Result<std::unique_ptr<Sink>> make_gcp_pubsub_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const gcp_pubsub::SinkOptions&>(any_options);
  auto auth = auth::make_auth(options.auth, options);
  if (!auth) return std::move(auth).error();
  return http::HttpSink::create(context, options, std::make_unique<gcp_pubsub::PubsubService>(options, context.route),
                                *std::move(auth));
}

std::optional<Settled> judge_gcp_pubsub_answer(const PeerAnswer& answer) {
  const long status = gcp_pubsub::status_of(answer.name);
  http::TrialReply trial;
  if (!http::fill_trial_reply(answer, status, trial)) return std::nullopt;
  if (status != 0) trial.body = http::error_object_text(answer.name, answer.words);
  if (trial.reply.status < 300) trial.body = gcp_pubsub::taken_text(answer.events);
  trial.reply.body = trial.body;
  return gcp_pubsub::judge_publish(trial.reply, answer.events, WallTime{});
}

Result<Preview> preview_gcp_pubsub(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  gcp_pubsub::PubsubService service(std::any_cast<const gcp_pubsub::SinkOptions&>(options), context.route);
  return http::preview_alone(service, event);
}

}  // namespace tidegate
