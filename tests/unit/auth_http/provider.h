#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/clock/skipping_clock.h"
#include "tests/unit/http/sink_fixture.h"

namespace tidegate::auth::test {

using testing::Answer;
using testing::ReceivedRequest;

/// The fields of a form body, decoded.
std::map<std::string, std::string> form_of(const std::string& body);
/// The JSON of a JWT's part (0: header, 1: claims), as text.
std::string jwt_part(const std::string& token, int part);
/// A time as the header Date has it.
std::string http_date(WallTime time);

/// A token endpoint (/token) and a receiver of events (/events) in one server. The n-th token is "token-n"; the
/// receiver takes the latest alone. *Threads*: safe from any.
class Provider {
 public:
  /// `options`: of the server, such as its certificate.
  explicit Provider(testing::ReceiverOptions options = {});

  [[nodiscard]] std::string url(const std::string& target) const { return receiver_->url(target); }
  /// Decides about token requests in place of granting all of them.
  void judge_token(std::function<Answer(const ReceivedRequest&)> judge);
  /// Decides about events in place of looking at the token.
  void judge_events(std::function<Answer(const ReceivedRequest&)> judge);
  /// Tokens given out so far are good no more.
  void revoke();
  /// Grants the next token.
  Answer grant(int lifetime_s = 3600);

  [[nodiscard]] std::vector<ReceivedRequest> token_requests() const { return requests("/token"); }
  [[nodiscard]] std::vector<ReceivedRequest> event_requests() const { return requests("/events"); }

 private:
  Answer respond(const ReceivedRequest& request);
  [[nodiscard]] std::vector<ReceivedRequest> requests(const std::string& target) const;

  mutable std::mutex mutex_;  ///< guards everything below
  std::function<Answer(const ReceivedRequest&)> judge_token_, judge_events_;
  std::vector<ReceivedRequest> seen_;
  int tokens_ = 0;
  bool revoked_ = false;
  std::unique_ptr<testing::Receiver> receiver_;
};

/// An answer with a body.
Answer answer(unsigned status, std::string body);

/// Replaces what a file holds.
void rewrite(const std::filesystem::path& file, std::string_view content);

/// A sink towards the provider's /events; `auth`: what stands between the braces of auth.
http::SinkUnderTest sink_to(const Provider& provider, const std::string& auth, const Clock* clock = nullptr);

/// Expects that all events of a batch were delivered.
void expect_delivered(const Settled& settled);
/// Expects that nothing was delivered or lost, for `cause`; returns the reason.
std::string expect_held(const Settled& settled, Cause cause);

}  // namespace tidegate::auth::test
