#include "gateway/admin/api.h"
#include "gateway/event/rfc3339.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/admin/limits.h"
#include "gateway/net/listen_address.h"
#include "tests/unit/admin/fake_backend.h"

namespace tidegate {
namespace {

using nlohmann::json;

const AdminAccess kLoopback{false, "127.0.0.1"};

AdminRequest get(std::string target) { return {"GET", std::move(target), "127.0.0.1:8686", "", "", ""}; }
AdminRequest post(std::string target, std::string body = {}) {
  return {"POST", std::move(target), "127.0.0.1:8686", "", "application/json", std::move(body)};
}

DeadLetter letter(std::uint64_t number, std::string data = R"({"v":12345678901234567890123})") {
  DeadLetter out;
  out.number = number;
  out.lane = "temperatures/cloud";
  out.dead.reason = "HTTP 422";
  out.dead.event.id = "id-" + std::to_string(number);
  out.dead.event.source = "/plant-7/floor";
  out.dead.event.type = "tidegate.mqtt.message";
  out.dead.event.subject = "sensors/a";
  out.dead.event.data = std::move(data);
  return out;
}

TEST(AdminApi, ReadyzFollowsTheGatewayAndHealthzDoesNot) {
  FakeBackend backend;
  EXPECT_EQ(answer(get("/readyz"), kLoopback, backend).status, 200);
  backend.is_ready = false;
  EXPECT_EQ(answer(get("/readyz"), kLoopback, backend).status, 503);
  EXPECT_EQ(answer(get("/healthz"), kLoopback, backend).status, 200);
}

TEST(AdminApi, StatusShowsTheBooksOfEverySourceAndLane) {
  FakeBackend backend;
  backend.report.version = "1.2.3";
  backend.report.sources = {{"floor", "mqtt"}};
  backend.report.lanes = {{"temperatures", "cloud", "http", std::nullopt}};
  backend.report.spool.lanes["temperatures/cloud"].pending = 5;
  backend.report.spool.lanes["old/gone"].pending = 2;
  backend.report.spool.sources["floor"].received = 9;
  backend.report.health["lane temperatures/cloud"] = {HealthState::waiting, "HTTP 503", {}};
  const json status = json::parse(answer(get("/v1/status"), kLoopback, backend).body);
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["sources"][0]["ledger"]["received"], 9);
  EXPECT_EQ(status["lanes"].size(), 2u);
  EXPECT_EQ(status["lanes"][0]["configured"], false);
  EXPECT_EQ(status["lanes"][1]["ledger"]["pending"], 5);
  EXPECT_EQ(status["lanes"][1]["state"], "waiting");
}

TEST(AdminApi, UnknownPathsAndMethodsAreToldApart) {
  FakeBackend backend;
  EXPECT_EQ(answer(get("/v2"), kLoopback, backend).status, 404);
  const AdminResponse response = answer(get("/v1/dead/retry"), kLoopback, backend);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.allow, "POST");
}

TEST(AdminApi, AnswersOnlyToTheAddressItListensOn) {
  FakeBackend backend;
  AdminRequest rebound = post("/v1/dead/drop", R"({"numbers":[1]})");
  rebound.host = "evil.example:8686";
  EXPECT_EQ(answer(rebound, kLoopback, backend).status, 403);
  rebound.host = "cafe:8686";
  EXPECT_EQ(answer(rebound, kLoopback, backend).status, 403);
  EXPECT_TRUE(backend.dropped.empty());
  for (const char* host : {"127.0.0.1:8686", "localhost:8686", "[::1]:8686"}) {
    rebound.host = host;
    EXPECT_EQ(answer(rebound, kLoopback, backend).status, 200) << host;
  }
  EXPECT_EQ(answer({"GET", "/v1/status", "anything", "", "", ""}, {true, ""}, backend).status, 200);
}

TEST(AdminApi, RefusesWhatAnotherSitesPageSends) {
  FakeBackend backend;
  AdminRequest forged = post("/v1/dead/drop", R"({"numbers":[1]})");
  forged.origin = "http://evil.example";
  EXPECT_EQ(answer(forged, kLoopback, backend).status, 403);
  forged.origin = "http://127.0.0.1:8686";
  EXPECT_EQ(answer(forged, kLoopback, backend).status, 200);
  forged.content_type = "text/plain";
  EXPECT_EQ(answer(forged, kLoopback, backend).status, 415);
}

TEST(AdminApi, RetryAndDropTakeNumbersOnly) {
  FakeBackend backend;
  EXPECT_EQ(answer(post("/v1/dead/retry", R"({"numbers":[3,4]})"), kLoopback, backend).body, R"({"retried":2})");
  EXPECT_THAT(backend.retried, ::testing::ElementsAre(3, 4));
  for (const char* body : {"", "{}", "[1]", R"({"numbers":[]})", R"({"numbers":[-1]})", R"({"numbers":["1"]})", "{"})
    EXPECT_EQ(answer(post("/v1/dead/drop", body), kLoopback, backend).status, 400) << body;
  EXPECT_TRUE(backend.dropped.empty());
}

TEST(AdminApi, ResumesALaneByName) {
  FakeBackend backend;
  EXPECT_EQ(answer(post("/v1/lanes/temperatures/cloud/resume"), kLoopback, backend).status, 200);
  EXPECT_EQ(backend.resumed, "temperatures/cloud");
  EXPECT_EQ(answer(post("/v1/lanes/temperatures/none/resume"), kLoopback, backend).status, 404);
  EXPECT_EQ(answer(post("/v1/lanes/temperatures/resume"), kLoopback, backend).status, 404);
}

TEST(AdminApi, AnOrphanIsDroppedOrAdopted) {
  FakeBackend backend;
  EXPECT_EQ(answer(post("/v1/lanes/old/cloud/drop"), kLoopback, backend).body, R"({"dropped":3})");
  EXPECT_EQ(backend.orphan, "old/cloud");
  const AdminRequest adopt = post("/v1/lanes/old/cloud/adopt", R"({"to":"new/cloud"})");
  EXPECT_TRUE(needs_disk(adopt));
  EXPECT_EQ(answer(adopt, kLoopback, backend).body, R"({"adopted":4})");
  EXPECT_EQ(backend.orphan, "old/cloud -> new/cloud");
  for (const char* body : {"", "[]", R"({"to":1})", R"({"to":"new"})", R"({"to":"a/b","and":"more"})"})
    EXPECT_EQ(answer(post("/v1/lanes/old/cloud/adopt", body), kLoopback, backend).status, 400) << body;
  EXPECT_EQ(answer(post("/v1/lanes/hot/cloud/adopt", R"({"to":"new/cloud"})"), kLoopback, backend).status, 409);
}

TEST(AdminApi, AReplayIsBegunWatchedAndCancelled) {
  FakeBackend backend;
  const char* const all = R"({"route":"hot","since":"2026-05-01T06:00:00Z","until":"2026-05-01T08:00:00+01:00",)"
                          R"("where":"{}","to":"cloud","rate":10,"dry_run":true})";
  EXPECT_EQ(answer(post("/v1/replays", all), kLoopback, backend).body, R"({"replay":5})");
  ReplayReport& report = backend.report_of_replay;
  EXPECT_EQ(report.request.sink, "cloud");
  EXPECT_EQ(report.request.until, report.request.since + std::chrono::hours{1});
  EXPECT_EQ(report.request.rate, 10u);
  EXPECT_TRUE(report.request.dry_run);
  report.number = 5;
  report.state = ReplayReport::State::waiting;
  report.detail = "room in the spool";
  report.share = 0.509;
  report.log_begins = report.request.until;
  const json shown = json::parse(answer(get("/v1/replays/5"), kLoopback, backend).body);
  EXPECT_EQ(shown["state"], "waiting");
  EXPECT_EQ(shown["percent"], 50);
  EXPECT_EQ(shown["until"], "2026-05-01T07:00:00.000Z");
  EXPECT_EQ(shown["log_begins"], shown["until"]);
  EXPECT_EQ(json::parse(answer(get("/v1/replays"), kLoopback, backend).body)["replays"][0], shown);
  AdminRequest cancel = get("/v1/replays/5");
  cancel.method = "DELETE";
  EXPECT_EQ(answer(cancel, kLoopback, backend).body, R"({"cancelled":5})");
  EXPECT_EQ(answer(get("/v1/replays/6"), kLoopback, backend).status, 404);
}

TEST(AdminApi, AReplayThatIsNotUnderstoodIsRefused) {
  FakeBackend backend;
  for (const char* body : {"", "[]", R"({"route":"hot"})", R"({"route":"hot","since":"yesterday"})",
                           R"({"route":"hot","since":"2026-05-01T06:00:00Z","rate":-1})",
                           R"({"route":"hot","since":"2026-05-01T06:00:00Z","sink":"cloud"})"})
    EXPECT_EQ(answer(post("/v1/replays", body), kLoopback, backend).status, 400) << body;
}

TEST(AdminApi, ATapIsOpenedPolledAndClosed) {
  FakeBackend backend;
  EXPECT_EQ(answer(post("/v1/taps", R"({"route":"temperatures"})"), kLoopback, backend).body, R"({"tap":7})");
  EXPECT_EQ(backend.tap_request.route, "temperatures");
  const char* const hot = R"({"where":"{\"data\":{\"value\":[{\"numeric\":[\">\",80]}]}}"})";
  EXPECT_EQ(answer(post("/v1/taps", hot), kLoopback, backend).status, 200);
  ASSERT_TRUE(backend.tap_request.where);
  EXPECT_EQ(backend.tap_request.where->fields().at(0).name, "data.value");
  for (const char* body : {"", "[]", R"({"route":1})", R"({"rout":"x"})", R"({"where":{}})"})
    EXPECT_EQ(answer(post("/v1/taps", body), kLoopback, backend).status, 400) << body;
  const AdminResponse wrong = answer(post("/v1/taps", R"({"where":"{\"type\": 1}"})"), kLoopback, backend);
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, ::testing::HasSubstr("where: 1:10: "));
  EXPECT_EQ(answer(get("/v1/taps/8"), kLoopback, backend).status, 404);
  EXPECT_EQ(answer(get("/v1/taps/x"), kLoopback, backend).status, 404);
  EXPECT_EQ(answer(get("/v1/taps"), kLoopback, backend).status, 405);
  AdminRequest close = get("/v1/taps/7");
  close.method = "DELETE";
  EXPECT_EQ(answer(close, kLoopback, backend).status, 200);
  close.method = "PUT";
  EXPECT_EQ(answer(close, kLoopback, backend).allow, "GET, DELETE");
}

TEST(AdminApi, ATappedEventIsOneLineWithItsRoutesAndEveryDigit) {
  FakeBackend backend;
  Event event = letter(1, "{\"v\":\n12345678901234567890123}").dead.event;
  event.attributes = {{"Routes", "the producer's"}};
  backend.tapped.events.push_back({event, {"hot", "a\"b"}});
  backend.tapped.missed = 4;
  const AdminResponse response = answer(get("/v1/taps/7"), kLoopback, backend);
  EXPECT_EQ(response.content_type, "application/x-ndjson");
  EXPECT_EQ(std::count(response.body.begin(), response.body.end(), '\n'), 2);
  EXPECT_THAT(response.body, ::testing::HasSubstr("12345678901234567890123"));
  EXPECT_THAT(response.body, ::testing::EndsWith("\n{\"missed\":4}\n"));
  const json line = json::parse(response.body.substr(0, response.body.find('\n')));
  EXPECT_EQ(line["routes"], json({"hot", "a\"b"}));
  EXPECT_EQ(line["xroutes"], "the producer's");
  EXPECT_EQ(line["id"], "id-1");
}

TEST(AdminApi, DeadLettersComeInPages) {
  FakeBackend backend;
  for (std::uint64_t n = 1; n <= 5; ++n) backend.letters.push_back(letter(n));
  json page = json::parse(answer(get("/v1/dead?limit=2&after=1"), kLoopback, backend).body);
  EXPECT_EQ(page["letters"][0]["number"], 2);
  EXPECT_EQ(page["letters"].size(), 2u);
  EXPECT_EQ(page["next"], 3);
  page = json::parse(answer(get("/v1/dead?limit=2&after=3"), kLoopback, backend).body);
  EXPECT_EQ(page["letters"].size(), 2u);
  EXPECT_TRUE(page["next"].is_null());
  EXPECT_EQ(answer(get("/v1/dead?after=x"), kLoopback, backend).status, 400);
}

TEST(AdminApi, APageEndsBeforeItGrowsLarge) {
  FakeBackend backend;
  for (std::uint64_t n = 1; n <= 3; ++n)
    backend.letters.push_back(letter(n, std::string(limits::kDeadPageBytesMax, 'x')));
  const json page = json::parse(answer(get("/v1/dead?data=1"), kLoopback, backend).body);
  EXPECT_EQ(page["letters"].size(), 1u);
  EXPECT_EQ(page["next"], 1);
}

TEST(AdminApi, AWholeDeadLetterKeepsEveryDigitOfItsData) {
  FakeBackend backend;
  backend.letters.push_back(letter(1));
  const std::string body = answer(get("/v1/dead?data=1"), kLoopback, backend).body;
  EXPECT_NE(body.find("12345678901234567890123"), std::string::npos) << body;
  EXPECT_EQ(answer(get("/v1/dead"), kLoopback, backend).body.find("\"event\""), std::string::npos);
}

TEST(AdminApi, OnlyCallsThatReadTheSpoolNeedTheDisk) {
  EXPECT_TRUE(needs_disk(get("/v1/dead?limit=1")));
  EXPECT_TRUE(needs_disk(post("/v1/dead/retry")));
  EXPECT_FALSE(needs_disk(get("/v1/status")));
  EXPECT_FALSE(needs_disk(get("/metrics")));
}

TEST(FormatUtc, IsRfc3339) {
  EXPECT_EQ(format_utc(WallTime{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_utc(WallTime{milliseconds{1'760'000'000'123}}), "2025-10-09T08:53:20.123Z");
}

}  // namespace
}  // namespace tidegate
