#include "connectors/azure_event_grid/azure_event_grid.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "connectors/azure_event_grid/limits.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::testing {
namespace {

using nlohmann::json;

constexpr SinkKind kEventGrid{azure_event_grid_sink_options, make_azure_event_grid_sink};

std::string error_text(const std::string& code, const std::string& message) {
  return json{{"error", {{"code", code}, {"message", message}}}}.dump();
}

class AzureEventGrid : public ::testing::Test {
 protected:
  std::string yaml(const std::string& more = "") { return "endpoint: " + service_.origin() + "\n" + more; }
  Settled send(const std::vector<OutEvent>& events, const std::string& more = "") {
    SinkUnderTest sink(kEventGrid, yaml(more));
    return sink.send(events);
  }

  ScriptedService service_;
};

TEST_F(AzureEventGrid, ACustomTopicGetsABatchOfCloudEventsWithTheAccessKey) {
  const Settled settled = send(numbered_events(2), "auth: {type: header, name: aeg-sas-key, value: the-access-key}");
  EXPECT_EQ(settled.outcomes.front().fate, Fate::delivered);
  const ReceivedRequest request = service_.last();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/events?api-version=2018-01-01");
  EXPECT_EQ(request.headers.at("content-type"), "application/cloudevents-batch+json; charset=utf-8");
  EXPECT_EQ(request.headers.at("aeg-sas-key"), "the-access-key");
  const json all = json::parse(request.body);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].at("id"), "id-2");
  EXPECT_EQ(all[1].at("specversion"), "1.0");
  EXPECT_EQ(all[1].at("data"), json({{"n", 2}}));
}

TEST_F(AzureEventGrid, ATopicOfANamespaceHasItsOwnAddress) {
  send(numbered_events(1), "namespace_topic: orders");
  EXPECT_EQ(service_.last().target, "/topics/orders:publish?api-version=2024-06-01");
}

TEST_F(AzureEventGrid, TheEndpointMayHaveThePathThatThePortalShows) {
  SinkUnderTest sink(kEventGrid, "endpoint: " + service_.origin() + "/api/events/");
  sink.send(numbered_events(1));
  EXPECT_EQ(service_.last().target, "/api/events?api-version=2018-01-01");
}

TEST_F(AzureEventGrid, AnEventAboveTheLimitIsRejectedAndABatchAboveItSplit) {
  auto events = numbered_events(3);
  events[1].event.data = '"' + std::string(azure_event_grid::limits::kRequestBytesMax, 'x') + '"';
  const Settled settled = send(events);
  ASSERT_EQ(settled.outcomes.size(), 3u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::delivered);
  EXPECT_EQ(settled.outcomes[1].fate, Fate::rejected);
  EXPECT_NE(settled.outcomes[1].reason.find("more than the 1048576 that Event Grid takes"), std::string::npos);
  EXPECT_EQ(json::parse(service_.last().body).size(), 2u);

  auto halves = numbered_events(2);
  for (OutEvent& event : halves) {
    event.event.data = '"' + std::string(azure_event_grid::limits::kRequestBytesMax / 2, 'x') + '"';
  }
  const Settled split = send(halves);
  EXPECT_EQ(split.cause, Cause::too_large);
  EXPECT_EQ(split.outcomes.front().fate, Fate::retry);
  EXPECT_EQ(service_.requests().size(), 1u);
}

TEST_F(AzureEventGrid, AnswersAreJudged) {
  const std::string schema = "This resource is configured to receive event in 'EventGridEvent' schema.";
  const std::vector<AnswerCase> cases = {
      {200, "", 2, Fate::delivered, Cause::none, ""},
      {400, error_text("BadRequest", "no id"), 1, Fate::rejected, Cause::poison_suspected,
       "HTTP 400: BadRequest: no id"},
      {400, error_text("BadRequest", "no id"), 2, Fate::retry, Cause::poison_suspected, "HTTP 400: BadRequest: no id"},
      {400, error_text("BadRequest", schema), 1, Fate::retry, Cause::peer_down,
       "HTTP 400: BadRequest: " + schema + "; the topic must be made with the input schema CloudEvents v1.0"},
      {400, "<html>", 1, Fate::retry, Cause::peer_down, "HTTP 400"},
      {401, error_text("Unauthorized", "wrong key"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 401: Unauthorized: wrong key; check the access key or the token, and that it is of this topic"},
      {404, error_text("NotFound", "no topic"), 1, Fate::retry, Cause::peer_down,
       "HTTP 404: NotFound: no topic; make the topic, or name another"},
      {413, error_text("PayloadTooLarge", "big"), 2, Fate::retry, Cause::too_large, "HTTP 413: PayloadTooLarge: big"},
      {413, error_text("PayloadTooLarge", "big"), 1, Fate::rejected, Cause::too_large,
       "HTTP 413: PayloadTooLarge: big"},
      {429, error_text("TooManyRequests", "slow"), 1, Fate::retry, Cause::throttled, "HTTP 429: TooManyRequests: slow"},
      {503, "", 1, Fate::retry, Cause::peer_down, "HTTP 503"},
  };
  expect_judged(service_, kEventGrid, yaml(), cases);
}

TEST_F(AzureEventGrid, TheAccessKeyIsNotQuoted) {
  service_.answer(401, error_text("Unauthorized", "the key the-access-key is wrong"));
  const Settled settled = send(numbered_events(1), "auth: {type: header, name: aeg-sas-key, value: the-access-key}");
  EXPECT_EQ(settled.outcomes.front().reason.find("the-access-key"), std::string::npos);
}

TEST_F(AzureEventGrid, AConnectionIsTriedWithAnEmptyBatch) {
  SinkUnderTest sink(kEventGrid, yaml());
  EXPECT_EQ(sink.connect(), "");
  EXPECT_EQ(service_.last().body, "[]");
  service_.answer(400, error_text("BadRequest", "empty"));
  EXPECT_EQ(sink.connect(), "");
  service_.answer(401, error_text("Unauthorized", "wrong key"));
  EXPECT_NE(sink.connect().find("check the access key"), std::string::npos);
  service_.answer(404, "");
  EXPECT_NE(sink.connect().find("make the topic"), std::string::npos);
  service_.answer(400, "<html>");
  EXPECT_EQ(sink.connect(), "HTTP 400");
}

TEST(AzureEventGridOptions, WrongOnesAreNamed) {
  EXPECT_NE(fault_of(kEventGrid, "endpoint: https://x.net/other").find("must end with the host, or with /api/events"),
            std::string::npos);
  EXPECT_NE(fault_of(kEventGrid, "endpoint: https://x.net/api/events\nnamespace_topic: t").find("of a namespace"),
            std::string::npos);
  EXPECT_NE(fault_of(kEventGrid, "endpoint: https://x.net?api-version=1").find("query"), std::string::npos);
  EXPECT_NE(fault_of(kEventGrid, "endpoint: https://x.net\nnamespace_topic: a/b").find("no name of a topic"),
            std::string::npos);
}

TEST(AzureEventGridTrial, AnswersOfTestCasesAreKnownByStatus) {
  EXPECT_EQ(judge_azure_event_grid_answer(answer_named("200"))->outcomes.front().fate, Fate::delivered);
  EXPECT_EQ(judge_azure_event_grid_answer(answer_named("400"))->outcomes.front().fate, Fate::rejected);
  EXPECT_EQ(judge_azure_event_grid_answer(answer_named("413", 2))->cause, Cause::too_large);
  EXPECT_FALSE(judge_azure_event_grid_answer(answer_named("SlowDown")));
}

}  // namespace
}  // namespace tidegate::testing
