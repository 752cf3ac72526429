#include "connectors/auth/token_reply.h"

#include <gtest/gtest.h>

#include "connectors/auth/encoding.h"
#include "connectors/auth/limits.h"

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};

std::variant<TokenGrant, TokenRefusal> read(long status, std::string_view body) {
  return read_token_reply(status, body, TokenKind::access, kNow);
}

TokenGrant grant(std::string_view body) {
  auto answer = read(200, body);
  if (const auto* refusal = std::get_if<TokenRefusal>(&answer)) {
    ADD_FAILURE() << body << ": " << refusal->reason;
    return {Secret("none"), 0s};
  }
  return std::get<TokenGrant>(std::move(answer));
}

TokenRefusal refusal(long status, std::string_view body) {
  auto answer = read(status, body);
  if (std::holds_alternative<TokenGrant>(answer)) {
    ADD_FAILURE() << body << " is taken";
    return {Cause::none, ""};
  }
  return std::get<TokenRefusal>(std::move(answer));
}

TEST(TokenReply, GrantsABearerTokenForAsLongAsItSays) {
  const auto granted = grant(R"({"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"bearer","expires_in":3600,
      "scope":"a b","refresh_token":"unused"})");
  EXPECT_EQ(granted.token.reveal(), "2YotnFZFEjr1zCsicMWpAA");
  EXPECT_EQ(granted.lifetime, 3600s);
  EXPECT_EQ(grant(R"({"access_token":"t","token_type":"BEARER"})").lifetime, limits::kTokenLifetimeAssumed);
  EXPECT_EQ(grant(R"({"access_token":"t"})").lifetime, limits::kTokenLifetimeAssumed) << "no type: a common omission";
  EXPECT_EQ(grant(R"({"access_token":"t","expires_in":null})").lifetime, limits::kTokenLifetimeAssumed);
  EXPECT_EQ(grant(R"({"access_token":"t","expires_in":"3599"})").lifetime, 3599s) << "as some endpoints write it";
  EXPECT_EQ(grant(R"({"access_token":"t","expires_in":3599.9})").lifetime, 3599s);
  EXPECT_EQ(grant(R"({"access_token":"t","expires_in":1e300})").lifetime, limits::kTokenLifetimeMax);
  EXPECT_EQ(grant(R"({"access_token":"\u0074"})").token.reveal(), "t");
}

TEST(TokenReply, WhatIsNoAnswerMayBeOneLater) {
  for (const char* body : {"",
                           "<html>Log in to the plant's network</html>",
                           "[]",
                           "null",
                           "{",
                           R"({"access_token":"t"}x)",
                           R"({"access_token":"t","access_token":"u"})",
                           R"({"access_token":""})",
                           R"({"token":"t"})",
                           R"({"access_token":5})",
                           R"({"access_token":"a b"})",
                           R"({"access_token":"a\r\nX-Evil: 1"})",
                           R"({"access_token":"t\u00e9"})",
                           R"({"access_token":"t","token_type":"mac"})",
                           R"({"access_token":"t","token_type":5})",
                           R"({"access_token":"t","expires_in":"soon"})",
                           R"({"access_token":"t","expires_in":{}})",
                           R"({"access_token":"t","expires_in":0})",
                           R"({"access_token":"t","expires_in":-5})",
                           R"({"access_token":"t","expires_in":1e999})",
                           R"({"access_token":"t","expires_in":"NaN"})"}) {
    const auto refused = refusal(200, body);
    EXPECT_EQ(refused.cause, Cause::peer_down) << body;
    EXPECT_NE(refused.reason.find("the token endpoint's answer is of no use"), std::string::npos) << body;
    EXPECT_EQ(refused.reason.find("Log in"), std::string::npos) << "nothing is quoted";
  }
}

TEST(TokenReply, NothingIsTakenBeyondItsLimit) {
  const auto with_token = [](std::size_t size) { return R"({"access_token":")" + std::string(size, 't') + "\"}"; };
  EXPECT_EQ(grant(with_token(limits::kTokenBytesMax)).token.reveal().size(), limits::kTokenBytesMax);
  refusal(200, with_token(limits::kTokenBytesMax + 1));
  const std::string large = R"({"access_token":"t")" + std::string(limits::kTokenReplyBytesMax, ' ') + "}";
  EXPECT_NE(refusal(200, large).reason.find("larger than"), std::string::npos);
  EXPECT_EQ(refusal(401, large).cause, Cause::unauthorized);
}

TEST(TokenReply, AnErrorSaysWhetherSomebodyHasToAct) {
  for (const char* error : {"invalid_client", "invalid_grant", "invalid_request", "unauthorized_client",
                            "unsupported_grant_type", "invalid_scope", "access_denied"}) {
    const auto refused = refusal(400, std::string(R"({"error":")") + error + R"(","error_description":"why\nso"})");
    EXPECT_EQ(refused.cause, Cause::unauthorized) << error;
    EXPECT_EQ(refused.reason, std::string("the token endpoint says HTTP 400: ") + error + ": why so");
  }
  EXPECT_EQ(refusal(400, R"({"error":"temporarily_unavailable"})").cause, Cause::peer_down);
  EXPECT_EQ(refusal(400, R"({"error":"server_error"})").cause, Cause::peer_down);
  EXPECT_EQ(refusal(503, R"({"error":"invalid_client"})").cause, Cause::peer_down);
  EXPECT_EQ(refusal(429, R"({"error":"too_many"})").cause, Cause::throttled);
  EXPECT_EQ(refusal(400, R"({"error":"slow_down"})").cause, Cause::throttled);
  EXPECT_EQ(refusal(200, R"({"error":"invalid_client"})").cause, Cause::unauthorized) << "some send errors with 200";
  EXPECT_EQ(refusal(200, R"({"error":"invalid_client","access_token":"t"})").cause, Cause::unauthorized);
}

TEST(TokenReply, AStatusAloneSaysItToo) {
  for (const long status : {400L, 401L, 403L, 404L, 405L, 302L, 308L})
    EXPECT_EQ(refusal(status, "<html>").cause, Cause::unauthorized) << status;
  for (const long status : {408L, 500L, 502L, 503L, 504L})
    EXPECT_EQ(refusal(status, "").cause, Cause::peer_down) << status;
  EXPECT_EQ(refusal(429, "").cause, Cause::throttled);
  EXPECT_NE(refusal(404, "secret").reason.find("HTTP 404; check token_url"), std::string::npos);
  EXPECT_EQ(refusal(400, R"({"error":{"code":5}})").reason.find("code"), std::string::npos);
}

TEST(TokenReply, ADescriptionIsCutBetweenCharacters) {
  std::string description;
  for (std::size_t i = 0; i < limits::kTokenErrorBytesMax; ++i) description += "\xc3\xa9";
  const auto refused = refusal(400, R"({"error":"invalid_scope","error_description":")" + description + "\"}");
  const std::string start = "the token endpoint says HTTP 400: invalid_scope: ";
  EXPECT_EQ(refused.reason, start + description.substr(0, limits::kTokenErrorBytesMax));
}

std::string identity_reply(std::string_view claims) {
  std::string token = "eyJhbGciOiJSUzI1NiJ9.";
  append_base64url(claims, token);
  return R"({"id_token":")" + token + ".c2ln\"}";
}

TEST(TokenReply, AnIdentityTokenSaysItselfWhenItExpires) {
  const auto read_identity = [](std::string_view body) {
    return read_token_reply(200, body, TokenKind::identity, kNow);
  };
  const auto answer = read_identity(identity_reply(R"({"aud":"x","exp":1700003600})"));
  ASSERT_TRUE(std::holds_alternative<TokenGrant>(answer)) << std::get<TokenRefusal>(answer).reason;
  EXPECT_EQ(std::get<TokenGrant>(answer).lifetime, 3600s);
  for (const std::string& body :
       {identity_reply(R"({"exp":1700000000})"), identity_reply(R"({"aud":"x"})"), identity_reply("no JSON"),
        identity_reply(R"({"exp":"later"})"), std::string(R"({"id_token":"a.b"})"),
        std::string(R"({"id_token":"a.!!.c"})"), std::string(R"({"access_token":"t","expires_in":5})")}) {
    EXPECT_TRUE(std::holds_alternative<TokenRefusal>(read_identity(body))) << body;
  }
  EXPECT_EQ(refusal(200, identity_reply(R"({"exp":1700003600})")).cause, Cause::peer_down);
}

}  // namespace
}  // namespace tidegate::auth
