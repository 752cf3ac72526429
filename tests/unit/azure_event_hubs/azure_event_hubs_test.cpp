#include "connectors/azure_event_hubs/azure_event_hubs.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "connectors/azure_event_hubs/limits.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::testing {
namespace {

using nlohmann::json;

constexpr SinkKind kEventHubs{azure_event_hubs_sink_options, make_azure_event_hubs_sink};

std::string error_text(unsigned status, const std::string& detail) {
  return "<Error><Code>" + std::to_string(status) + "</Code><Detail>" + detail + "</Detail></Error>";
}

class AzureEventHubs : public ::testing::Test {
 protected:
  AzureEventHubs() { service_.answer(201, ""); }
  std::string yaml(const std::string& more = "") {
    return "endpoint: " + service_.origin() + "\nhub: readings\n" + more;
  }
  Settled send(const std::vector<OutEvent>& events, const std::string& more = "") {
    SinkUnderTest sink(kEventHubs, yaml(more));
    return sink.send(events);
  }
  json body() { return json::parse(service_.last().body); }

  ScriptedService service_;
};

TEST_F(AzureEventHubs, ABatchIsAListOfBodies) {
  EXPECT_EQ(send(numbered_events(2)).outcomes.front().fate, Fate::delivered);
  const ReceivedRequest request = service_.last();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/readings/messages?timeout=60&api-version=2014-01");
  EXPECT_EQ(request.headers.at("content-type"), "application/vnd.microsoft.servicebus.json");
  const json all = body();
  ASSERT_EQ(all.size(), 2u);
  const json event = json::parse(all[1].at("Body").get<std::string>());
  EXPECT_EQ(event.at("id"), "id-2");
  EXPECT_EQ(event.at("data"), json({{"n", 2}}));
  EXPECT_EQ(all[1].size(), 1u) << "nothing that nobody asked for";
}

TEST_F(AzureEventHubs, TextsOfTheConfigAreFilledByTheEvent) {
  send(numbered_events(1),
       "format: raw\npartition_key: ${subject}\nproperties: {number: '${data.n}', none: '${data.x?}'}");
  EXPECT_EQ(body(), json::parse(R"([{"Body":"{\"n\":1}","UserProperties":{"number":"1"},
                                     "BrokerProperties":{"PartitionKey":"a/b"}}])"));
}

TEST_F(AzureEventHubs, EventsOfDifferentPartitionKeysGoToDifferentPlaces) {
  SinkUnderTest keyed(kEventHubs, yaml("partition_key: ${subject}"));
  auto events = numbered_events(3);
  events[2].event.subject = "other";
  EXPECT_EQ(keyed->destination(events[0]), keyed->destination(events[1]));
  EXPECT_NE(keyed->destination(events[0]), keyed->destination(events[2]));
  SinkUnderTest spread(kEventHubs, yaml());
  EXPECT_EQ(spread->destination(events[0]), spread->destination(events[2]));
}

TEST_F(AzureEventHubs, WhatCannotBeSentIsRejectedAndTheOthersGo) {
  auto events = numbered_events(4);
  events[0].event.data = "\xff\xfe";
  events[1].event.subject = std::string(129, 'k');
  events[2].event.data = '"' + std::string(azure_event_hubs::limits::kRequestBytesMax, 'x') + '"';
  const Settled settled = send(events, "format: raw\npartition_key: ${subject}");
  ASSERT_EQ(settled.outcomes.size(), 4u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::rejected);
  EXPECT_NE(settled.outcomes[0].reason.find("the payload is no text"), std::string::npos);
  EXPECT_EQ(settled.outcomes[1].fate, Fate::rejected);
  EXPECT_NE(settled.outcomes[1].reason.find("partition_key"), std::string::npos);
  EXPECT_EQ(settled.outcomes[2].fate, Fate::rejected);
  EXPECT_NE(settled.outcomes[2].reason.find("more than the 1048576 that Event Hubs takes"), std::string::npos);
  EXPECT_EQ(settled.outcomes[3].fate, Fate::delivered);
  EXPECT_EQ(body().size(), 1u);
}

TEST_F(AzureEventHubs, ABatchAboveTheLimitIsSplit) {
  auto events = numbered_events(2);
  for (OutEvent& event : events) event.event.data.assign(azure_event_hubs::limits::kRequestBytesMax / 2, 'x');
  const Settled split = send(events, "format: raw");
  EXPECT_EQ(split.cause, Cause::too_large);
  EXPECT_EQ(split.outcomes.front().fate, Fate::retry);
  EXPECT_TRUE(service_.requests().empty());
}

TEST_F(AzureEventHubs, AnswersAreJudged) {
  const std::vector<AnswerCase> cases = {
      {200, "", 1, Fate::unknown, Cause::peer_down, "HTTP 200 in place of 201: not an answer of Event Hubs"},
      {400, error_text(400, "bad batch"), 1, Fate::rejected, Cause::poison_suspected, "HTTP 400: bad batch"},
      {400, error_text(400, "bad batch"), 2, Fate::retry, Cause::poison_suspected, "HTTP 400: bad batch"},
      {400, "", 1, Fate::retry, Cause::peer_down, "HTTP 400"},
      {401, error_text(401, "InvalidSignature"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 401: InvalidSignature; check the key or the token, and that its policy has the claim Send"},
      {403, error_text(403, "Quota exceeded"), 1, Fate::retry, Cause::throttled, "HTTP 403: Quota exceeded"},
      {403, error_text(403, "the message is too large"), 2, Fate::retry, Cause::too_large,
       "HTTP 403: the message is too large"},
      {403, error_text(403, "the message is too large"), 1, Fate::rejected, Cause::too_large,
       "HTTP 403: the message is too large"},
      {403, error_text(403, "no claim"), 1, Fate::retry, Cause::unauthorized, "HTTP 403: no claim"},
      {404, "", 1, Fate::retry, Cause::peer_down, "HTTP 404; make the event hub, or name another"},
      {410, error_text(410, "deleted"), 1, Fate::retry, Cause::peer_down,
       "HTTP 410: deleted; make the event hub, or name another"},
      {429, "", 1, Fate::retry, Cause::throttled, "HTTP 429"},
      {503, error_text(503, "the server is busy (50002)"), 1, Fate::retry, Cause::throttled,
       "HTTP 503: the server is busy (50002)"},
      {503, "", 1, Fate::retry, Cause::peer_down, "HTTP 503"},
      {500, "", 1, Fate::retry, Cause::peer_down, "HTTP 500"},
  };
  expect_judged(service_, kEventHubs, yaml(), cases);
}

TEST_F(AzureEventHubs, AConnectionIsTriedWithAnEmptyBatch) {
  SinkUnderTest sink(kEventHubs, yaml());
  EXPECT_EQ(sink.connect(), "");
  EXPECT_EQ(service_.last().body, "[]");
  service_.answer(400, error_text(400, "empty"));
  EXPECT_EQ(sink.connect(), "");
  service_.answer(401, error_text(401, "InvalidSignature"));
  EXPECT_NE(sink.connect().find("claim Send"), std::string::npos);
  service_.answer(404, error_text(404, "not found"));
  EXPECT_NE(sink.connect().find("make the event hub"), std::string::npos);
  service_.answer(200, "<html>");
  EXPECT_NE(sink.connect().find("not an answer of Event Hubs"), std::string::npos);
}

TEST(AzureEventHubsOptions, WrongOnesAreNamed) {
  EXPECT_NE(fault_of(kEventHubs, "endpoint: https://x.net/hub\nhub: h").find("must end with the host"),
            std::string::npos);
  EXPECT_NE(fault_of(kEventHubs, "endpoint: https://x.net\nhub: a/b").find("no name of an event hub"),
            std::string::npos);
}

TEST(AzureEventHubsTrial, AnswersOfTestCasesAreKnownByStatus) {
  EXPECT_EQ(judge_azure_event_hubs_answer(answer_named("201"))->outcomes.front().fate, Fate::delivered);
  EXPECT_EQ(judge_azure_event_hubs_answer(answer_named("400"))->outcomes.front().fate, Fate::rejected);
  EXPECT_EQ(judge_azure_event_hubs_answer(answer_named("429"))->cause, Cause::throttled);
  EXPECT_FALSE(judge_azure_event_hubs_answer(answer_named("nonsense")));
}

}  // namespace
}  // namespace tidegate::testing
