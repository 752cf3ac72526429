// HttpSink with a service and a credential of the test's own.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>

#include "connectors/auth/limits.h"
#include "connectors/http/sink.h"
#include "tests/unit/http/sink_fixture.h"

namespace tidegate::http {
namespace {

using testing::Answer;
using testing::ReceivedRequest;
using testing::Receiver;

/// Sends the ids of its events; has no use for id-2, and takes three at most.
class PickyService final : public Service {
 public:
  explicit PickyService(std::string url) : url_(std::move(url)) {}
  [[nodiscard]] SinkLimits limits() const noexcept override { return {500, 1u << 20, 8}; }
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(Events events, Request& request, Written& written) override {
    if (events.size() > 3) return written.too_large("more than the 3 events of a request");
    request.url = url_;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i]->event.id == "id-2") {
        written.unfit(i, "it is 2");
      } else {
        request.body += events[i]->event.id + " ";
      }
    }
  }
  Settled judge(const Reply& reply, Events events, WallTime now) override {
    if (reply.body == "none") return {};
    if (reply.cut) return settled({{Fate::unknown, fmt::format("cut after {} bytes", reply.body.size())}, {}, {}});
    if (reply.body.find("each") == std::string_view::npos) return Service::judge(reply, events, now);
    Settled answer;
    for (const OutEvent* event : events) answer.outcomes.push_back({Fate::delivered, "for " + event->event.id});
    return answer;
  }
  bool write_probe(Request& request) override {
    request.url = url_ + "probe";
    request.method = "GET";
    return true;
  }

 private:
  std::string url_;
};

/// A token that two requests bring: the first says where the second must ask.
class TokenAuth final : public auth::Auth {
 public:
  explicit TokenAuth(std::string url) : url_(std::move(url)) {}

  std::unique_ptr<auth::Errand> errand(WallTime now) override {
    if (!token_.empty() && !expires_soon(now)) return nullptr;
    ++errands;
    return std::make_unique<Fetch>(*this);
  }
  [[nodiscard]] bool ready(WallTime now) const override { return !token_.empty() && now < expires_; }
  Status prove(Request& request, WallTime) override {
    request.headers.add("Authorization", "Bearer " + token_);
    return {};
  }
  bool renew() override {
    token_.clear();
    return true;
  }
  void redact(std::string& text) const override { blank_out(text, token_); }

  int errands = 0;

 private:
  class Fetch final : public auth::Errand {
   public:
    explicit Fetch(TokenAuth& auth) : auth_(auth) {}
    Result<bool> next(Request& request, WallTime) override {
      if (step_ == 2) return false;
      request.url = auth_.url_ + (step_ == 0 ? "where" : where_);
      request.method = "GET";
      return true;
    }
    Status take(const Reply& reply, WallTime now) override {
      if (reply.status == 403) return Error{ErrorCode::refused, "the provider says no"};
      if (reply.status != 200) return Error{ErrorCode::unavailable, fmt::format("HTTP {}", reply.status)};
      if (step_++ == 0) {
        where_ = reply.body;
      } else {
        auth_.token_ = reply.body;
        auth_.expires_ = now + std::chrono::hours{1};
      }
      return {};
    }

   private:
    TokenAuth& auth_;
    int step_ = 0;
    std::string where_;
  };
  [[nodiscard]] bool expires_soon(WallTime now) const { return now + std::chrono::minutes{5} >= expires_; }

  std::string url_, token_;
  WallTime expires_{};
};

class HttpEngine : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::ReceiverOptions options;
    options.respond = [this](const ReceivedRequest& request) { return respond(request); };
    receiver_ = start_receiver(std::move(options));
    context_.name = "cloud";
    context_.clock = &clock_;
    ConnectionOptions connection;
    connection.timeout.total = kPatience;
    auto auth = std::make_unique<TokenAuth>(receiver_->url("/"));
    auth_ = auth.get();
    auto made =
        HttpSink::create(context_, connection, std::make_unique<PickyService>(receiver_->url("/")), std::move(auth));
    ASSERT_TRUE(made) << made.error().message;
    sink_ = *std::move(made);
  }
  void TearDown() override {
    sink_.reset();
    receiver_->stop();
  }

  Answer respond(const ReceivedRequest& request) {
    if (request.target == "/where") return reply(where_status_, "/token");
    if (request.target == "//token") return reply(200, fmt::format("secret-token-{}", ++tokens_));
    if (request.target == "/probe") return reply(probe_status_, "probed");
    const auto proof = request.headers.find("authorization");
    if (proof == request.headers.end() || proof->second == refused_) return reply(401, "");
    Answer answer = reply(status_, status_ == 200 ? good_ : "you sent " + proof->second);
    answer.action = action_;
    return answer;
  }
  static Answer reply(unsigned status, std::string body) {
    Answer answer;
    answer.status = status;
    answer.body = std::move(body);
    return answer;
  }

  Settled send(const std::vector<OutEvent>& events) {
    sink_->submit(batch_of(events));
    std::vector<Settled> all = settled(1);
    return all.empty() ? Settled{} : std::move(all.front());
  }
  std::vector<Settled> settled(std::size_t count) {
    std::vector<Settled> all;
    const Deadline deadline{clock_.steady() + kPatience};
    for (std::size_t tries = 0; tries < 100 && all.size() < count; ++tries) {
      for (Settled& one : sink_->wait(deadline, {})) all.push_back(std::move(one));
    }
    EXPECT_EQ(all.size(), count);
    return all;
  }
  [[nodiscard]] std::size_t requests_to(const std::string& target) const {
    const auto all = receiver_->requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& request) { return request.target == target; }));
  }

  /// Stands still unless the test moves it.
  class StillClock final : public Clock {
   public:
    [[nodiscard]] SteadyTime steady() const noexcept override { return steady_ + shift; }
    [[nodiscard]] WallTime wall() const noexcept override { return wall_ + shift; }
    milliseconds shift{0};

   private:
    SteadyTime steady_ = SystemClock().steady();
    WallTime wall_ = SystemClock().wall();
  };

  std::atomic<unsigned> status_{200}, where_status_{200}, probe_status_{200};
  std::atomic<int> tokens_{0};
  std::atomic<Answer::Action> action_{Answer::Action::reply};
  std::string refused_, good_ = "each";
  StillClock clock_;
  ConnectorContext context_;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<Sink> sink_;
  TokenAuth* auth_ = nullptr;
};

TEST_F(HttpEngine, AnErrandBringsTheCredentialThatTheBatchesWaitFor) {
  const auto events = numbered_events(1), others = numbered_events(1, 7);
  sink_->submit(batch_of(events, 1));
  sink_->submit(batch_of(others, 2));
  for (const Settled& one : settled(2)) EXPECT_EQ(one.outcomes.front().fate, Fate::delivered);
  EXPECT_EQ(requests_to("/where"), 1u);
  EXPECT_EQ(requests_to("//token"), 1u);
  EXPECT_EQ(requests_to("/"), 2u);
}

TEST_F(HttpEngine, AnEventThatCannotGoIsRejectedAndTheOthersGo) {
  const Settled answer = send(numbered_events(3));
  ASSERT_EQ(answer.outcomes.size(), 3u);
  EXPECT_EQ(answer.outcomes[0].fate, Fate::delivered);
  EXPECT_EQ(answer.outcomes[0].reason, "for id-1");
  EXPECT_EQ(answer.outcomes[1].fate, Fate::rejected);
  EXPECT_EQ(answer.outcomes[1].reason, "it is 2");
  EXPECT_EQ(answer.outcomes[2].reason, "for id-3");
  EXPECT_EQ(receiver_->requests().back().body, "id-1 id-3 ");
}

TEST_F(HttpEngine, OneVerdictHoldsForAllThatWereSent) {
  status_ = 503;
  const Settled answer = send(numbered_events(3));
  ASSERT_EQ(answer.outcomes.size(), 3u);
  EXPECT_EQ(answer.outcomes[0].fate, Fate::retry);
  EXPECT_EQ(answer.outcomes[1].fate, Fate::rejected);
  EXPECT_EQ(answer.outcomes[2].fate, Fate::retry);
  EXPECT_EQ(answer.cause, Cause::peer_down);
}

TEST_F(HttpEngine, AnEventThatTheServiceForgotIsUnknown) {
  good_ = "none";
  const Settled answer = send(numbered_events(3));
  ASSERT_EQ(answer.outcomes.size(), 3u);
  EXPECT_EQ(answer.outcomes[0].fate, Fate::unknown);
  EXPECT_EQ(answer.outcomes[1].fate, Fate::rejected);
  EXPECT_EQ(answer.outcomes[2].fate, Fate::unknown);
}

TEST_F(HttpEngine, NoRequestIsMadeForEventsThatCannotGo) {
  const Settled answer = send(numbered_events(1, 2));
  ASSERT_EQ(answer.outcomes.size(), 1u);
  EXPECT_EQ(answer.outcomes[0].fate, Fate::rejected);
  EXPECT_EQ(requests_to("/"), 0u);
}

TEST_F(HttpEngine, WhatIsTooLargeTogetherIsSplitByTheLane) {
  const Settled answer = send(numbered_events(4));
  ASSERT_EQ(answer.outcomes.size(), 1u);
  EXPECT_EQ(answer.outcomes[0].fate, Fate::retry);
  EXPECT_EQ(answer.outcomes[0].reason, "more than the 3 events of a request");
  EXPECT_EQ(answer.cause, Cause::too_large);
  EXPECT_EQ(requests_to("/"), 0u);
}

TEST_F(HttpEngine, ACredentialIsReplacedAheadOfItsEndWhileTheOldOneServes) {
  ASSERT_EQ(send(numbered_events(1)).outcomes[0].fate, Fate::delivered);
  clock_.shift = std::chrono::minutes{56};
  where_status_ = 500;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(numbered_events(1)).outcomes[0].fate, Fate::delivered);
  EXPECT_EQ(auth_->errands, 2) << "one that failed is not repeated at once";
  where_status_ = 200;
  for (int i = 0; i < 100 && tokens_ < 2; ++i) {
    clock_.shift += std::chrono::duration_cast<milliseconds>(limits::kErrandPause) / 4;
    EXPECT_EQ(send(numbered_events(1)).outcomes[0].fate, Fate::delivered);
  }
  EXPECT_EQ(tokens_, 2);
}

TEST_F(HttpEngine, AProviderThatRefusesIsARefusedCredential) {
  where_status_ = 403;
  const Settled answer = send(numbered_events(1));
  EXPECT_EQ(answer.outcomes[0].fate, Fate::retry);
  EXPECT_EQ(answer.cause, Cause::unauthorized);
  EXPECT_EQ(answer.outcomes[0].reason, "not sent: no credential: the provider says no");
}

TEST_F(HttpEngine, AProviderThatIsDownIsADownPeer) {
  where_status_ = 503;
  const Settled answer = send(numbered_events(1));
  EXPECT_EQ(answer.cause, Cause::peer_down);
  EXPECT_EQ(answer.outcomes[0].fate, Fate::retry);
}

TEST_F(HttpEngine, ARefusedTokenIsFetchedAnewOnce) {
  refused_ = "Bearer secret-token-1";
  EXPECT_EQ(send(numbered_events(1)).cause, Cause::unauthorized);
  EXPECT_TRUE(sink_->refresh_credentials());
  EXPECT_EQ(send(numbered_events(1)).outcomes[0].fate, Fate::delivered);
}

TEST_F(HttpEngine, ATokenThatThePeerQuotesIsBlanked) {
  status_ = 422;
  EXPECT_EQ(send(numbered_events(1)).outcomes[0].reason, "HTTP 422: you sent Bearer ***");
}

TEST_F(HttpEngine, AnAcceptanceThatBrokeOffMayHaveBeenMeant) {
  action_ = Answer::Action::cut;
  const Settled answer = send(numbered_events(1));
  EXPECT_EQ(answer.outcomes[0].fate, Fate::unknown);
  EXPECT_EQ(answer.cause, Cause::peer_down);
}

TEST_F(HttpEngine, ARefusalThatBrokeOffIsOne) {
  action_ = Answer::Action::cut;
  status_ = 422;
  EXPECT_EQ(send(numbered_events(1)).outcomes[0].fate, Fate::rejected);
}

TEST_F(HttpEngine, OfAnEndlessAnswerTheServiceSeesTheStart) {
  good_.assign(limits::kHttpResponseBytesMax + 1, 'x');
  EXPECT_EQ(send(numbered_events(1)).outcomes[0].reason, "cut after 65536 bytes");
  good_.assign(limits::kHttpResponseBytesMax, 'x');
  EXPECT_EQ(send(numbered_events(1)).outcomes[0].fate, Fate::delivered);
}

TEST_F(HttpEngine, AConnectionIsTriedWithTheCredentialAndTheServicesProbe) {
  const Deadline deadline{clock_.steady() + kPatience};
  EXPECT_TRUE(sink_->connect(deadline, {}));
  EXPECT_EQ(requests_to("/probe"), 1u);
  probe_status_ = 404;
  const Status missing = sink_->connect(deadline, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "HTTP 404: probed");
  EXPECT_EQ(missing.error().code, ErrorCode::refused);
  EXPECT_EQ(auth_->errands, 1);
}

TEST_F(HttpEngine, AConnectionWithoutACredentialIsRefused) {
  where_status_ = 403;
  const Status refused = sink_->connect({clock_.steady() + kPatience}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no credential: the provider says no");
}

TEST_F(HttpEngine, ClosingAbandonsWhatWaitsForACredential) {
  const auto events = numbered_events(1);
  sink_->submit(batch_of(events));
  sink_->close();
  EXPECT_TRUE(sink_->wait({clock_.steady()}, {}).empty());
}

}  // namespace
}  // namespace tidegate::http
