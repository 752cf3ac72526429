// Requests that carry a signature, as their receivers verify them.

#include "connectors/auth/azure_sas.h"
#include "connectors/auth/encoding.h"
#include "connectors/http/ingest/gatekeeper.h"
#include "provider.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate::auth::test {
namespace {

using http::numbered_events;

const std::string kOld = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
const std::string kNew = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// What the http source of another gateway says to a request at `now`: 204, or the status of its refusal.
unsigned verdict(const ReceivedRequest& request, const std::string& secret, WallTime now) {
  const auto options = ingest::source_table().parse_text("signature: { secrets: " + secret + " }");
  const auto keeper = ingest::Gatekeeper::create(*options);
  ingest::RequestHead head;
  head.webhook_id = request.headers.at("webhook-id");
  head.webhook_timestamp = request.headers.at("webhook-timestamp");
  head.webhook_signature = request.headers.at("webhook-signature");
  const auto proof = keeper->check_head(head, now);
  if (const auto* refusal = std::get_if<ingest::Refusal>(&proof)) return static_cast<unsigned>(refusal->status);
  const auto refusal = keeper->check_signature(head, request.body);
  return refusal ? static_cast<unsigned>(refusal->status) : 204;
}

void receive_with(Provider& provider, const std::string& secret) {
  provider.judge_events(
      [secret](const ReceivedRequest& request) { return answer(verdict(request, secret, SystemClock().wall()), ""); });
}

TEST(WebhookAuth, ReceiversTakeWhatIsSigned) {
  Provider provider;
  receive_with(provider, kOld);
  const auto sink = sink_to(provider, "type: standard_webhooks, secrets: " + kOld);
  expect_delivered(sink.send(numbered_events(1, 7)));
  expect_delivered(sink.send(numbered_events(3)));
  const auto requests = provider.event_requests();
  EXPECT_EQ(requests[0].headers.at("webhook-id"), "id-7") << "an event alone: its own id";
  EXPECT_EQ(requests[1].headers.at("webhook-id"), requests[1].headers.at("idempotency-key"));
}

TEST(WebhookAuth, SecretsRotateWithoutAGap) {
  Provider provider;
  const auto sink = sink_to(provider, "type: standard_webhooks, secrets: [" + kOld + ", " + kNew + "]");
  receive_with(provider, kOld);
  expect_delivered(sink.send(numbered_events(1)));
  receive_with(provider, kNew);
  expect_delivered(sink.send(numbered_events(1)));
}

TEST(WebhookAuth, SecretsAreReadAgainOnceTheyAreRefused) {
  const tidegate::test::TempDir dir;
  const auto file = dir.write("secrets", kOld + "\n");
  Provider provider;
  receive_with(provider, kNew);
  const auto sink = sink_to(provider, "type: standard_webhooks, secrets_file: " + file.string());
  expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  EXPECT_FALSE(sink->refresh_credentials()) << "nothing has changed";
  rewrite(file, "");  // whoever writes it is not done
  EXPECT_FALSE(sink->refresh_credentials());
  rewrite(file, kOld + "\r\n" + kNew + "\n");
  EXPECT_TRUE(sink->refresh_credentials());
  expect_delivered(sink.send(numbered_events(1)));
}

TEST(WebhookAuth, ARepeatIsSignedAnewUnderTheSameId) {
  Provider provider;
  testing::SkippingClock clock;
  provider.judge_events([](const ReceivedRequest&) { return answer(503, ""); });
  const auto sink = sink_to(provider, "type: standard_webhooks, secrets: " + kOld, &clock);
  const auto events = numbered_events(2);
  expect_held(sink.send(events), Cause::peer_down);
  clock.skip(std::chrono::minutes(10));
  expect_held(sink.send(events), Cause::peer_down);
  const auto requests = provider.event_requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].headers.at("webhook-id"), requests[1].headers.at("webhook-id"));
  EXPECT_NE(requests[0].headers.at("webhook-timestamp"), requests[1].headers.at("webhook-timestamp"));
  EXPECT_EQ(verdict(requests[0], kOld, clock.wall()), 401u) << "the first one is too old by now";
  EXPECT_EQ(verdict(requests[1], kOld, clock.wall()), 204u);
}

TEST(WebhookAuth, BadRequestIsASignatureThatIsNoGoodUnlessTheConfigSaysOtherwise) {
  Provider provider;
  provider.judge_events([](const ReceivedRequest&) { return answer(400, "invalid signature " + kOld); });
  const auto sink = sink_to(provider, "type: standard_webhooks, secrets: " + kOld);
  const std::string reason = expect_held(sink.send(numbered_events(1)), Cause::unauthorized);
  EXPECT_EQ(reason, "HTTP 400, taken for a refused credential: invalid signature ***");
  const auto other = sink_to(provider, "type: standard_webhooks, bad_request: content, secrets: " + kOld);
  const Settled settled = other.send(numbered_events(1));
  EXPECT_EQ(settled.cause, Cause::poison_suspected);
  EXPECT_EQ(settled.outcomes.at(0).fate, Fate::rejected);
}

/// Checks an Event Hubs signature by making it again.
unsigned sas_verdict(const ReceivedRequest& request, const std::string& resource, WallTime now) {
  const std::string& given = request.headers.at("authorization");
  const std::size_t at = given.find("&se=");
  if (at == std::string::npos) return 401;
  const WallTime expires(std::chrono::seconds(std::stol(given.substr(at + 4))));
  return given == event_hubs_signature(resource, "send", "a-key-of-the-portal=", expires) && expires > now ? 201 : 401;
}

TEST(AzureSasAuth, OneSignatureServesUntilThreeQuartersOfItsLifeHavePassed) {
  Provider provider;
  testing::SkippingClock clock;
  provider.judge_events([&](const ReceivedRequest& request) {
    return answer(sas_verdict(request, provider.url("/events"), clock.wall()), "");
  });
  const auto sink = sink_to(
      provider, "type: azure_sas, key_name: send, shared_access_key: a-key-of-the-portal=, sas_lifetime: 20m", &clock);
  for (const int minutes : {0, 14, 2, 30}) {
    clock.skip(std::chrono::minutes(minutes));
    expect_delivered(sink.send(numbered_events(1)));
  }
  std::vector<std::string> given;
  for (const auto& request : provider.event_requests()) given.push_back(request.headers.at("authorization"));
  EXPECT_EQ(given[0], given[1]);
  EXPECT_NE(given[1], given[2]);
  EXPECT_NE(given[2], given[3]);
}

TEST(AzureSasAuth, AResourceMayBeNamedAndEventGridHasItsOwnHeader) {
  Provider provider;
  provider.judge_events([](const ReceivedRequest&) { return answer(200, ""); });
  const auto hubs = sink_to(provider,
                            "type: azure_sas, key_name: send, shared_access_key: a-key-of-the-portal=, "
                            "resource: \"https://plant.servicebus.windows.net\"");
  expect_delivered(hubs.send(numbered_events(1)));
  EXPECT_EQ(sas_verdict(provider.event_requests().back(), "https://plant.servicebus.windows.net", SystemClock().wall()),
            201u);
  const auto grid = sink_to(provider, "type: azure_sas, sas: event_grid, shared_access_key: c2l4dGVlbiBieXRlcyEh");
  expect_delivered(grid.send(numbered_events(1)));
  std::string start = "r=";
  append_percent_encoded(provider.url("/events"), start);
  EXPECT_TRUE(provider.event_requests().back().headers.at("aeg-sas-token").starts_with(start + "&e="));
}

TEST(AzureSasAuth, AKeyThatIsNoneAnyMoreHoldsTheLane) {
  const tidegate::test::TempDir dir;
  const auto file = dir.write("key", "c2l4dGVlbiBieXRlcyEh");
  Provider provider;
  provider.judge_events([](const ReceivedRequest&) { return answer(401, ""); });
  const auto grid = sink_to(provider, "type: azure_sas, sas: event_grid, shared_access_key_file: " + file.string());
  expect_held(grid.send(numbered_events(1)), Cause::unauthorized);
  rewrite(file, "no base64!");
  EXPECT_TRUE(grid->refresh_credentials());
  const std::string reason = expect_held(grid.send(numbered_events(1)), Cause::unauthorized);
  EXPECT_EQ(reason, "not sent: auth.shared_access_key: is not base64; Event Grid shows its access keys so");
}

TEST(AzureSasAuth, AReceiverThatQuotesTheSignatureDoesNotBringItIntoAReason) {
  Provider provider;
  provider.judge_events(
      [](const ReceivedRequest& request) { return answer(422, "no: " + request.headers.at("authorization")); });
  const auto sink = sink_to(provider, "type: azure_sas, key_name: send, shared_access_key: a-key-of-the-portal=");
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).reason, "HTTP 422: no: ***");
}

}  // namespace
}  // namespace tidegate::auth::test
