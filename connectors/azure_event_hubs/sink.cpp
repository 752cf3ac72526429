#include <fmt/format.h>

#include "connectors/auth/make_auth.h"
#include "connectors/azure_event_hubs/azure_event_hubs.h"
#include "connectors/azure_event_hubs/service.h"
#include "connectors/http/sink.h"
#include "connectors/http/trials.h"

namespace tidegate {

Result<std::unique_ptr<Sink>> make_azure_event_hubs_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const azure_event_hubs::SinkOptions&>(any_options);
  auto auth = auth::make_auth(options.auth, options);
  if (!auth) return std::move(auth).error();
  return http::HttpSink::create(
      context, options, std::make_unique<azure_event_hubs::EventHubsService>(options, context.route), *std::move(auth));
}

std::optional<Settled> judge_azure_event_hubs_answer(const PeerAnswer& answer) {
  http::TrialReply trial;
  if (!http::fill_trial_reply(answer, 0, trial)) return std::nullopt;
  if (trial.reply.status < 300) trial.reply.status = 201;
  trial.body = fmt::format("<Error><Code>{}</Code><Detail>{}</Detail></Error>", trial.reply.status,
                           answer.words.empty() ? "refused" : answer.words);
  trial.reply.body = trial.body;
  return azure_event_hubs::judge_publish(trial.reply, answer.events, WallTime{});
}

Result<Preview> preview_azure_event_hubs(const ConnectorContext& context, const std::any& options,
                                         const OutEvent& event) {
  azure_event_hubs::EventHubsService service(std::any_cast<const azure_event_hubs::SinkOptions&>(options),
                                             context.route);
  return http::preview_alone(service, event);
}

}  // namespace tidegate
