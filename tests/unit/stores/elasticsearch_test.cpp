#include "connectors/elasticsearch/elasticsearch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/elasticsearch/options.h"
#include "gateway/routing/topic_filter.h"
#include "store_rig.h"

namespace tidegate::elasticsearch {
namespace {

using stores::told;
using ::testing::HasSubstr;

constexpr const char* kCreated = R"({"create":{"status":201}})";

std::string failed(int status, const std::string& type, const std::string& reason = "why") {
  return fmt::format(R"({{"create":{{"status":{},"error":{{"type":"{}","reason":"{}"}}}}}})", status, type, reason);
}

std::string items(const std::vector<std::string>& items) {
  return fmt::format(R"({{"items":[{}]}})", fmt::join(items, ","));
}

class Bulk : public ::testing::Test {
 protected:
  std::string answered(const std::vector<std::string>& said) {
    while (events_.size() < said.size()) {
      events_.push_back(rig_.event("{}", fmt::format("key/{}", events_.size())));
    }
    rig_.answer(200, items(said));
    return told(rig_.send({events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(said.size())}));
  }

  stores::StoreRig rig_{*elasticsearch_sink_options(), make_elasticsearch_sink,
                        "{ token: a2V5, index: 'logs-${captures.site}' }"};
  std::vector<const OutEvent*> events_;
};

TEST_F(Bulk, AnEventIsAnActionAndADocumentUnderItsId) {
  rig_.answer(200, items({kCreated, kCreated}));
  const Settled settled = rig_.send({rig_.event("{\"v\":\n1}"), rig_.event("21.5")});
  EXPECT_EQ(told(settled), "delivered\nnone");
  const auto request = rig_.last();
  EXPECT_EQ(request.target, "/base/_bulk?filter_path=items.%2A.status%2Citems.%2A.error.type%2Citems.%2A.error.reason");
  EXPECT_EQ(request.headers.at("authorization"), "ApiKey a2V5");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-ndjson");
  EXPECT_EQ(request.body, R"({"create":{"_index":"logs-hall-2","_id":"e1"}})"
                          "\n"
                          R"({"@timestamp":"2026-01-01T00:00:01.005Z","v": 1})"
                          "\n"
                          R"({"create":{"_index":"logs-hall-2","_id":"e2"}})"
                          "\n"
                          R"({"@timestamp":"2026-01-01T00:00:02.005Z","data":21.5})"
                          "\n");
}

TEST_F(Bulk, ADocumentHasOneTimestamp) {
  const auto document = [&](const std::string& data) {
    rig_.answer(200, items({kCreated}));
    rig_.send({rig_.event(data)});
    const std::string body = rig_.last().body;
    return body.substr(body.find('\n') + 1);
  };
  EXPECT_EQ(document("{}"), "{\"@timestamp\":\"2026-01-01T00:00:01.005Z\"}\n");
  EXPECT_EQ(document(" { } "), " {\"@timestamp\":\"2026-01-01T00:00:02.005Z\" } \n");
  EXPECT_EQ(document(R"({"@timestamp":"2020-01-01"})"), "{\"@timestamp\":\"2020-01-01\"}\n");
  EXPECT_EQ(document(R"({"a":{"@timestamp":1}})"),
            "{\"@timestamp\":\"2026-01-01T00:00:04.005Z\",\"a\":{\"@timestamp\":1}}\n");
  EXPECT_EQ(document(""), "{\"@timestamp\":\"2026-01-01T00:00:05.005Z\",\"data\":null}\n");
}

TEST_F(Bulk, CloudEventsActionAndPipelineAreOptions) {
  stores::StoreRig rig(*elasticsearch_sink_options(), make_elasticsearch_sink,
                       "{ index: i, format: cloudevents, action: index, pipeline: geo }");
  rig.answer(200, R"({"items":[{"index":{"status":200}}]})");
  EXPECT_EQ(told(rig.send({rig.event("1")})), "delivered\nnone");
  EXPECT_THAT(rig.last().target, HasSubstr("&pipeline=geo"));
  EXPECT_THAT(rig.last().body, HasSubstr(R"({"index":{"_index":"i","_id":"e1"}})"));
  EXPECT_THAT(rig.last().body, HasSubstr(R"({"@timestamp":"2026-01-01T00:00:01.005Z","specversion":"1.0","id":"e1")"));
}

TEST_F(Bulk, OnlyWhatFailedIsSentAgain) {
  EXPECT_EQ(answered({kCreated, failed(503, "unavailable_shards_exception"), kCreated}),
            "delivered\nretry: 503 unavailable_shards_exception: why\ndelivered\npeer_down");
}

TEST_F(Bulk, WhatIsThereAlreadyUnderTheIdIsDelivered) {
  EXPECT_EQ(answered({kCreated, failed(409, "version_conflict_engine_exception")}), "delivered\nnone");
}

TEST_F(Bulk, AConflictOfAnIndexActionIsNone) {
  stores::StoreRig rig(*elasticsearch_sink_options(), make_elasticsearch_sink, "{ index: i, action: index }");
  rig.answer(200, items({failed(409, "version_conflict_engine_exception")}));
  EXPECT_THAT(told(rig.send({rig.event("1")})), HasSubstr("rejected: 409"));
}

TEST_F(Bulk, ItemsThatAreTooManyAreWaitedFor) {
  EXPECT_EQ(answered({kCreated, failed(429, "es_rejected_execution_exception")}),
            "delivered\nretry: 429 es_rejected_execution_exception: why\nthrottled");
}

TEST_F(Bulk, ADocumentThatDoesNotFitTheMappingIsADeadLetter) {
  EXPECT_EQ(answered({failed(400, "document_parsing_exception", "failed to parse field [v]"), kCreated}),
            "rejected: 400 document_parsing_exception: failed to parse field [v]\ndelivered\nnone");
}

TEST_F(Bulk, WhatIsWrongWithTheIndexIsNoEventsFault) {
  EXPECT_THAT(answered({failed(404, "index_not_found_exception")}), HasSubstr("retry: 404"));
  EXPECT_THAT(answered({failed(403, "cluster_block_exception")}), HasSubstr("\npeer_down"));
  EXPECT_THAT(answered({failed(400, "illegal_argument_exception",
                               "only write ops with an op_type of create are allowed in data streams")}),
              HasSubstr("\npeer_down"));
  EXPECT_THAT(answered({failed(403, "security_exception")}), HasSubstr("\nunauthorized"));
}

TEST_F(Bulk, AfterAnEventThatWaitsTheLaterOnesOfItsSubjectWaitToo) {
  rig_.answer(200, items({failed(429, "busy"), kCreated, kCreated}));
  const Settled settled = rig_.send({rig_.event("{}", "a"), rig_.event("{}", "b"), rig_.event("{}", "a")});
  EXPECT_EQ(settled.outcomes.at(0).fate, Fate::retry);
  EXPECT_EQ(settled.outcomes.at(1).fate, Fate::delivered);
  EXPECT_EQ(settled.outcomes.at(2).fate, Fate::unknown);
}

TEST_F(Bulk, AnswersThatAreNoneAreNotBelieved) {
  for (const char* body : {"", "hello", "{}", "[]", "{\"items\":5}", "{\"items\":[]}", "<html>"}) {
    rig_.answer(200, body);
    const Settled settled = rig_.send({rig_.event("{}"), rig_.event("{}")});
    EXPECT_EQ(settled.outcomes.at(0).fate, Fate::unknown) << body;
    EXPECT_EQ(settled.cause, Cause::peer_down) << body;
  }
  EXPECT_THAT(answered({"5", "{}", "{\"create\":{}}", "{\"create\":{\"status\":\"201\"}}"}),
              ::testing::Not(HasSubstr("delivered")));
}

TEST_F(Bulk, AnAnswerThatIsTooLongMakesBatchesSmaller) {
  std::vector<std::string> said(2, failed(400, "mapper", std::string(5u << 20, 'x')));
  EXPECT_THAT(answered(said), HasSubstr("\ntoo_large"));
}

TEST_F(Bulk, AnIdThatIsTooLongIsADeadLetter) {
  auto event = *rig_.event("{}");
  event.event.id = std::string(513, 'x');
  EXPECT_THAT(told(rig_.send({&event})), HasSubstr("rejected: the id has 513 bytes"));
}

TEST_F(Bulk, TheProbeTellsWhatIsWrong) {
  rig_.answer(
      400,
      R"({"error":{"type":"action_request_validation_exception","reason":"Validation Failed: 1: no requests added;"}})");
  EXPECT_TRUE(rig_.connect());
  rig_.answer(401, R"({"error":{"type":"security_exception","reason":"unable to authenticate"}})");
  EXPECT_EQ(rig_.connect().error().message, "HTTP 401: unable to authenticate");
  rig_.answer(200, "hello");
  EXPECT_FALSE(rig_.connect());
  rig_.answer(503, "");
  EXPECT_EQ(rig_.connect().error().code, ErrorCode::unavailable);
}

TEST_F(Bulk, ARouteMustHaveTheCapturesOfTheIndex) {
  EXPECT_THAT(stores::mistake(*elasticsearch_sink_options(), "{}"), HasSubstr("missing option \"index\""));
  SinkOptions options;
  options.index = "${captures.site}";
  EXPECT_FALSE(check_elasticsearch_sink_route(options, *TopicFilter::parse("a")));
  EXPECT_TRUE(check_elasticsearch_sink_route(options, *TopicFilter::parse("{site}")));
  PeerAnswer answer{"200", 2, {}, {}};
  EXPECT_EQ(judge_elasticsearch_answer(answer)->outcomes.at(0).fate, Fate::delivered);
}

}  // namespace
}  // namespace tidegate::elasticsearch
