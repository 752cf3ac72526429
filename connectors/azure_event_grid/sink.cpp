#include "connectors/http/sink.h"
#include "connectors/auth/make_auth.h"
#include "connectors/azure_event_grid/azure_event_grid.h"
#include "connectors/azure_event_grid/service.h"
#include "connectors/http/trials.h"

namespace tidegate {

Result<std::unique_ptr<Sink>> make_azure_event_grid_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const azure_event_grid::SinkOptions&>(any_options);
  auto auth = auth::make_auth(options.auth, options);
  if (!auth) return std::move(auth).error();
  return http::HttpSink::create(context, options, std::make_unique<azure_event_grid::EventGridService>(options),
                                *std::move(auth));
}

std::optional<Settled> judge_azure_event_grid_answer(const PeerAnswer& answer) {
  http::TrialReply trial;
  if (!http::fill_trial_reply(answer, 0, trial)) return std::nullopt;
  trial.body = http::error_object_text("BadRequest", answer.words);
  trial.reply.body = trial.body;
  return azure_event_grid::judge_publish(trial.reply, answer.events, WallTime{});
}

Result<Preview> preview_azure_event_grid(const ConnectorContext& /*context*/, const std::any& options,
                                         const OutEvent& event) {
  azure_event_grid::EventGridService service(std::any_cast<const azure_event_grid::SinkOptions&>(options));
  return http::preview_alone(service, event);
}

}  // namespace tidegate
