#include "connectors/gcp_pubsub/gcp_pubsub.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "connectors/gcp_pubsub/limits.h"
#include "connectors/gcp_pubsub/reply.h"
#include "gateway/config/option_table.h"
#include "gateway/event/json_text.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::testing {
namespace {

using nlohmann::json;

constexpr SinkKind kPubsub{gcp_pubsub_sink_options, make_gcp_pubsub_sink};

std::string error_text(const std::string& status, const std::string& message) {
  return json{{"error", {{"code", 1}, {"message", message}, {"status", status}}}}.dump();
}

class GcpPubsub : public ::testing::Test {
 protected:
  std::string yaml(const std::string& more = "") {
    return "project: plant-7\ntopic: readings\nendpoint: " + service_.origin() + "\n" + more;
  }
  Settled send(const std::vector<OutEvent>& events, const std::string& more = "") {
    SinkUnderTest sink(kPubsub, yaml(more));
    return sink.send(events);
  }
  json messages() { return json::parse(service_.last().body).at("messages"); }
  static std::string data_of(const json& message) {
    std::string data;
    EXPECT_TRUE(append_from_base64(message.at("data").get<std::string>(), data));
    return data;
  }

  ScriptedService service_;
};

TEST_F(GcpPubsub, AMessageIsACloudEventInBinaryMode) {
  service_.answer(200, gcp_pubsub::taken_text(2));
  auto events = numbered_events(2);
  events[0].event.attributes = {{"Device-Id", "\xc3\xa9 7"}};
  events[1].event.data = "\x01\xff";
  events[1].event.datacontenttype = "application/octet-stream";
  const Settled settled = send(events);
  EXPECT_EQ(settled.outcomes.front().fate, Fate::delivered);
  const ReceivedRequest request = service_.last();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/projects/plant-7/topics/readings:publish");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  const json all = messages();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(data_of(all[0]), R"({"n":1})");
  EXPECT_EQ(all[0].at("attributes"), (json{{"content-type", "application/json"},
                                           {"ce-specversion", "1.0"},
                                           {"ce-id", "id-1"},
                                           {"ce-source", "/test/source"},
                                           {"ce-type", "tidegate.test"},
                                           {"ce-subject", "a/b"},
                                           {"ce-time", "2026-01-02T03:04:05.678Z"},
                                           {"ce-deviceid", "\xc3\xa9 7"}}));
  EXPECT_EQ(data_of(all[1]), "\x01\xff");
  EXPECT_FALSE(all[0].contains("orderingKey"));
}

TEST_F(GcpPubsub, StructuredModeCarriesTheWholeEventAsData) {
  service_.answer(200, gcp_pubsub::taken_text(1));
  send(numbered_events(1), "format: cloudevents");
  const json message = messages().at(0);
  const json event = json::parse(data_of(message));
  EXPECT_EQ(event.at("id"), "id-1");
  EXPECT_EQ(event.at("data"), json({{"n", 1}}));
  EXPECT_EQ(message.at("attributes"), json({{"content-type", "application/cloudevents+json; charset=utf-8"}}));
}

TEST_F(GcpPubsub, TextsOfTheConfigAreFilledByTheEvent) {
  service_.answer(200, gcp_pubsub::taken_text(1));
  send(numbered_events(1),
       "format: raw\nordering_key: ${subject}\nattributes: {number: '${data.n}', none: '${data.x?}'}");
  const json message = messages().at(0);
  EXPECT_EQ(message.at("orderingKey"), "a/b");
  EXPECT_EQ(message.at("attributes"), json({{"number", "1"}}));
}

TEST_F(GcpPubsub, AnEventThatCannotBeAMessageIsRejectedAndTheOthersGo) {
  service_.answer(200, gcp_pubsub::taken_text(2));
  auto events = numbered_events(4);
  events[1].event.attributes = {{"note", std::string(1025, 'x')}};
  events[2].event.data = "{}";
  const Settled settled = send(events, "ordering_key: 'k${data.n}'");
  ASSERT_EQ(settled.outcomes.size(), 4u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::delivered);
  EXPECT_EQ(settled.outcomes[1].fate, Fate::rejected);
  EXPECT_EQ(settled.outcomes[1].reason, "attribute ce-note has 1025 bytes, more than the 1024 that Pub/Sub takes");
  EXPECT_EQ(settled.outcomes[2].fate, Fate::rejected);
  EXPECT_EQ(settled.outcomes[2].reason, "ordering_key: data.n is missing");
  EXPECT_EQ(settled.outcomes[3].fate, Fate::delivered);
  EXPECT_EQ(messages().size(), 2u);
}

TEST_F(GcpPubsub, AnEmptyMessageIsRejected) {
  auto events = numbered_events(1);
  events[0].event.data.clear();
  const Settled settled = send(events, "format: raw");
  EXPECT_EQ(settled.outcomes[0].fate, Fate::rejected);
  EXPECT_EQ(settled.outcomes[0].reason, "Pub/Sub takes no empty message");
  EXPECT_TRUE(service_.requests().empty());
}

TEST_F(GcpPubsub, ABatchAboveTheLimitIsSplitAndTheLargestEventFits) {
  service_.answer(200, gcp_pubsub::taken_text(1));
  auto events = numbered_events(2);
  for (OutEvent& event : events) event.event.data.assign(8u << 20, 'x');
  const Settled both = send(events, "format: raw");
  EXPECT_EQ(both.cause, Cause::too_large);
  EXPECT_EQ(both.outcomes.front().fate, Fate::retry);
  EXPECT_NE(both.outcomes.front().reason.find("10000000 bytes that Pub/Sub takes"), std::string::npos);
  EXPECT_TRUE(service_.requests().empty());
  events.pop_back();
  EXPECT_EQ(send(events, "format: raw\nattributes: {a: b}").outcomes.front().fate, Fate::delivered);
}

TEST_F(GcpPubsub, AnswersAreJudged) {
  const std::vector<AnswerCase> cases = {
      {429, error_text("RESOURCE_EXHAUSTED", "Quota exceeded"), 2, Fate::retry, Cause::throttled,
       "HTTP 429: RESOURCE_EXHAUSTED: Quota exceeded"},
      {401, error_text("UNAUTHENTICATED", "no"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 401: UNAUTHENTICATED: no; check the service account's key"},
      {403, error_text("PERMISSION_DENIED", "User not authorized"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 403: PERMISSION_DENIED: User not authorized; give the account the role roles/pubsub.publisher on the "
       "topic"},
      {404, error_text("NOT_FOUND", "Resource not found"), 1, Fate::retry, Cause::peer_down,
       "HTTP 404: NOT_FOUND: Resource not found; make the topic, or name another"},
      {400, error_text("INVALID_ARGUMENT", "bad"), 1, Fate::rejected, Cause::poison_suspected,
       "HTTP 400: INVALID_ARGUMENT: bad"},
      {400, error_text("INVALID_ARGUMENT", "bad"), 2, Fate::retry, Cause::poison_suspected,
       "HTTP 400: INVALID_ARGUMENT: bad"},
      {400, error_text("FAILED_PRECONDITION", "key"), 1, Fate::retry, Cause::peer_down,
       "HTTP 400: FAILED_PRECONDITION: key; see the topic's key and its policy"},
      {400, "<html>a proxy</html>", 1, Fate::retry, Cause::peer_down, "HTTP 400"},
      {413, "", 1, Fate::rejected, Cause::too_large, "HTTP 413"},
      {503, error_text("UNAVAILABLE", "later"), 1, Fate::retry, Cause::peer_down, "HTTP 503: UNAVAILABLE: later"},
      {504, error_text("DEADLINE_EXCEEDED", "late"), 1, Fate::unknown, Cause::peer_down,
       "HTTP 504: DEADLINE_EXCEEDED: late"},
      {200, "<html>hello</html>", 1, Fate::unknown, Cause::peer_down,
       "HTTP 200 without an id for each message: not an answer of Pub/Sub"},
      {200, gcp_pubsub::taken_text(1), 2, Fate::unknown, Cause::peer_down,
       "HTTP 200 without an id for each message: not an answer of Pub/Sub"},
  };
  expect_judged(service_, kPubsub, yaml(), cases);
}

TEST_F(GcpPubsub, AnAnswerThatBreaksOffIsUnknown) {
  Answer cut;
  cut.action = Answer::Action::cut;
  cut.body = gcp_pubsub::taken_text(1);
  service_.answer({cut});
  const Settled settled = send(numbered_events(1));
  EXPECT_EQ(settled.outcomes.front().fate, Fate::unknown);
  EXPECT_EQ(settled.cause, Cause::peer_down);
}

TEST_F(GcpPubsub, AConnectionIsTriedByAskingForThePermission) {
  SinkUnderTest sink(kPubsub, yaml());
  service_.answer(200, R"({"permissions":["pubsub.topics.publish"]})");
  EXPECT_EQ(sink.connect(), "");
  EXPECT_EQ(service_.last().target, "/v1/projects/plant-7/topics/readings:testIamPermissions");
  EXPECT_EQ(service_.last().body, R"({"permissions":["pubsub.topics.publish"]})");
  service_.answer(200, "{}");
  EXPECT_EQ(sink.connect(),
            "projects/plant-7/topics/readings does not exist, or the account may not publish to it "
            "(roles/pubsub.publisher)");
  service_.answer(401, error_text("UNAUTHENTICATED", "Invalid credentials"));
  EXPECT_EQ(sink.connect(), "HTTP 401: UNAUTHENTICATED: Invalid credentials; check the service account's key");
  service_.answer(200, "<html>");
  EXPECT_EQ(sink.connect(), "HTTP 200, and not in the words of Pub/Sub; check endpoint");
  service_.answer(501, error_text("UNIMPLEMENTED", "the emulator"));
  EXPECT_EQ(sink.connect(), "");
}

TEST(GcpPubsubOptions, WrongOnesAreNamed) {
  EXPECT_NE(fault_of(kPubsub, "project: p\ntopic: projects/p/topics/t").find("last part of projects/"),
            std::string::npos);
  EXPECT_NE(fault_of(kPubsub, "project: p\ntopic: t\nattributes: {ce-id: x}").find("set by the format"),
            std::string::npos);
  EXPECT_NE(fault_of(kPubsub, "project: p\ntopic: t\nendpoint: pubsub").find("endpoint"), std::string::npos);
  EXPECT_EQ(fault_of(kPubsub, "project: p\ntopic: t\nformat: raw\nattributes: {ce-id: x}"), "");
}

TEST(GcpPubsubTrial, AnswersOfTestCasesAreKnownByStatusAndCode) {
  EXPECT_EQ(judge_gcp_pubsub_answer(answer_named("200", 3))->outcomes.front().fate, Fate::delivered);
  EXPECT_EQ(judge_gcp_pubsub_answer(answer_named("RESOURCE_EXHAUSTED"))->cause, Cause::throttled);
  EXPECT_EQ(judge_gcp_pubsub_answer(answer_named("NOT_FOUND"))->cause, Cause::peer_down);
  EXPECT_FALSE(judge_gcp_pubsub_answer(answer_named("NONSENSE")));
}

TEST(GcpPubsubTrial, ThePreviewIsTheRequest) {
  auto options = parse_text(*gcp_pubsub_sink_options(), "project: p\ntopic: t\nformat: raw");
  ASSERT_TRUE(options);
  ConnectorContext context;
  const auto preview = preview_gcp_pubsub(context, *options, numbered_events(1).front());
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->to, "POST https://pubsub.googleapis.com/v1/projects/p/topics/t:publish");
  EXPECT_EQ(preview->body, R"({"messages":[{"data":"eyJuIjoxfQ==","attributes":{}}]})");
}

}  // namespace
}  // namespace tidegate::testing
