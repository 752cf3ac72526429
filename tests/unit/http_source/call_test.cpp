#include "connectors/http/ingest/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/base/limits.h"

namespace tidegate::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RequestHead post(std::string target, std::string media_type = {}) {
  RequestHead head;
  head.method = "POST";
  head.target = std::move(target);
  if (!media_type.empty()) head.content_type = std::move(media_type);
  return head;
}

int status_of(const RequestHead& head) {
  const auto call = understand(head);
  return std::holds_alternative<Refusal>(call) ? std::get<Refusal>(call).status : 0;
}

struct Read {
  std::vector<Event> events;
  std::optional<Refusal> refused;
  std::vector<std::string> data() const {
    std::vector<std::string> out;
    for (const Event& event : events) out.push_back(event.data);
    return out;
  }
};

Read read(const RequestHead& head, std::string body, std::size_t events_max = 100) {
  Read out;
  const auto call = understand(head);
  if (const auto* refused = std::get_if<Refusal>(&call)) {
    out.refused = *refused;
    return out;
  }
  out.refused = read_events(std::get<Call>(call), head, body, "http/door", events_max, out.events);
  return out;
}

constexpr std::string_view kEvent =
    R"({"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"a/b","data":1})";
constexpr std::string_view kBare = R"({"specversion":"1.0","id":"2","source":"/s","type":"t"})";

TEST(HttpCall, PathsMethodsAndTypesThatAreNotServed) {
  EXPECT_EQ(status_of(post("/")), 404);
  EXPECT_EQ(status_of(post("/v1/event")), 404);
  EXPECT_EQ(status_of(post("/v1/topics")), 404);
  EXPECT_EQ(status_of(post("/v1/events?key=1")), 0);
  RequestHead get = post("/v1/events");
  get.method = "GET";
  EXPECT_EQ(status_of(get), 405);
  RequestHead packed = post("/v1/events");
  packed.content_encoding = "gzip";
  EXPECT_EQ(status_of(packed), 415);
  EXPECT_EQ(status_of(post("/v1/events", "application/cloudevents+avro")), 415);
}

TEST(HttpCall, ATopicInThePathIsDecodedAndChecked) {
  const auto call = understand(post("/v1/topics/hall%201/%C3%A9/temp?x=1"));
  ASSERT_TRUE(std::holds_alternative<Call>(call));
  EXPECT_EQ(std::get<Call>(call).topic, "hall 1/\xC3\xA9/temp");
  for (const char* bad : {"/v1/topics/", "/v1/topics/a%2", "/v1/topics/a%zz", "/v1/topics/a/%23", "/v1/topics/+/a",
                          "/v1/topics/%FF", "/v1/topics/a%00"})
    EXPECT_EQ(status_of(post(bad)), 400) << bad;
}

TEST(HttpCall, AnythingElseIsOneEventAsItCame) {
  const auto got = read(post("/v1/events", "image/png"), std::string("\xFF\0x", 3));
  ASSERT_EQ(got.events.size(), 1u);
  EXPECT_EQ(got.events[0].data, std::string("\xFF\0x", 3));
  EXPECT_EQ(got.events[0].datacontenttype, "image/png");
  EXPECT_EQ(got.events[0].subject, "http/door");
  EXPECT_EQ(got.events[0].id, "");
}

TEST(HttpCall, JsonIsOneEventAndAnArrayOneEachElement) {
  const auto one = read(post("/v1/events", "application/json"), R"( {"a": 1} )");
  EXPECT_THAT(one.data(), ElementsAre(R"( {"a": 1} )"));
  EXPECT_EQ(one.events[0].datacontenttype, "application/json");
  EXPECT_THAT(read(post("/v1/events", "application/json"), R"([{"a":1}, 2,"x"])").data(),
              ElementsAre(R"({"a":1})", "2", "\"x\""));
  EXPECT_TRUE(read(post("/v1/events", "application/json"), "[]").events.empty());
  const auto bad = read(post("/v1/events", "application/json"), "[1,2,nope]");
  ASSERT_TRUE(bad.refused);
  EXPECT_EQ(bad.refused->status, 400);
  EXPECT_EQ(bad.refused->index, 2u);
  EXPECT_TRUE(read(post("/v1/events", "application/json"), "").refused);
  EXPECT_TRUE(read(post("/v1/events", "application/json"), "[1]]").refused);
  EXPECT_TRUE(read(post("/v1/events", "application/json"), "\"\xFF\"").refused);
}

TEST(HttpCall, NdjsonIsOneEventALine) {
  EXPECT_THAT(read(post("/v1/events", "application/x-ndjson"), "{\"a\":1}\r\n\n 2\n\"x\"").data(),
              ElementsAre("{\"a\":1}", " 2", "\"x\""));
  const auto bad = read(post("/v1/events", "application/x-ndjson"), "1\n\n{\n4\n");
  ASSERT_TRUE(bad.refused);
  EXPECT_EQ(bad.refused->index, 1u);
  EXPECT_THAT(bad.refused->error, HasSubstr("line 3"));
  const auto on_topic = read(post("/v1/topics/a/b", "application/x-ndjson"), "1\n2\n");
  ASSERT_EQ(on_topic.events.size(), 2u);
  EXPECT_EQ(on_topic.events[1].subject, "a/b");
}

TEST(HttpCall, CloudEventsInEveryModeKeepWhatTheProducerSaid) {
  const auto one = read(post("/v1/events", "application/cloudevents+json; charset=UTF-8"), std::string(kEvent) + "\n");
  ASSERT_EQ(one.events.size(), 1u);
  EXPECT_EQ(one.events[0].id, "1");
  EXPECT_EQ(one.events[0].subject, "a/b");
  const auto batch = read(post("/v1/events", "application/cloudevents-batch+json"),
                          "[" + std::string(kEvent) + " , " + std::string(kBare) + "]");
  ASSERT_EQ(batch.events.size(), 2u);
  EXPECT_EQ(batch.events[1].subject, "http/door");
  EXPECT_TRUE(read(post("/v1/events", "application/cloudevents-batch+json"), " [ ] ").events.empty());

  RequestHead binary = post("/v1/events", "text/plain");
  binary.cloud_event = {{"specversion", "1.0"}, {"id", "9"}, {"source", "/s"}, {"type", "t"}, {"plant", "7"}};
  const auto by_headers = read(binary, "hello");
  ASSERT_EQ(by_headers.events.size(), 1u);
  EXPECT_EQ(by_headers.events[0].id, "9");
  EXPECT_EQ(by_headers.events[0].data, "hello");
  EXPECT_EQ(by_headers.events[0].datacontenttype, "text/plain");
}

TEST(HttpCall, ABadCloudEventRefusesItsWholeBatchAndIsNamed) {
  const auto bad =
      read(post("/v1/events", "application/cloudevents-batch+json"), "[" + std::string(kEvent) + ",{\"id\":\"\"}]");
  ASSERT_TRUE(bad.refused);
  EXPECT_EQ(bad.refused->status, 400);
  EXPECT_EQ(bad.refused->index, 1u);
  EXPECT_THAT(refusal_json(*bad.refused), HasSubstr("\"index\":1"));
  for (const std::string& body : {std::string("[1]"), std::string("["), "[" + std::string(kEvent), std::string("{}"),
                                  "[" + std::string(kEvent) + ",]", std::string(kEvent) + "x", std::string()})
    EXPECT_TRUE(read(post("/v1/events", "application/cloudevents-batch+json"), body).refused) << body;
  EXPECT_TRUE(read(post("/v1/events", "application/cloudevents+json"), std::string(kEvent) + "x").refused);
}

TEST(HttpCall, CountsAndSizesHaveLimits) {
  EXPECT_EQ(read(post("/v1/events", "application/x-ndjson"), "1\n2\n3\n", 2).refused->status, 413);
  EXPECT_EQ(read(post("/v1/events", "application/json"), "[1,2,3]", 2).refused->status, 413);
  EXPECT_EQ(read(post("/v1/events"), std::string(limits::kEventDataBytesMax + 1, 'x')).refused->status, 413);
  EXPECT_FALSE(read(post("/v1/events"), std::string(limits::kEventDataBytesMax, 'x')).refused);
}

TEST(HttpCall, ATopicCallTakesAnyBodyAsOneEvent) {
  const auto got = read(post("/v1/topics/a", "application/json"), "no json [");
  ASSERT_EQ(got.events.size(), 1u);
  EXPECT_EQ(got.events[0].data, "no json [");
  EXPECT_EQ(got.events[0].subject, "a");
}

}  // namespace
}  // namespace tidegate::ingest
