#include "connectors/http/ingest/gatekeeper.h"

#include <gtest/gtest.h>

#include "connectors/auth/standard_webhooks.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate::ingest {
namespace {

constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};

Gatekeeper keeper(const std::string& yaml) {
  const auto options = source_table().parse_text(yaml);
  EXPECT_TRUE(options) << options.error().message;
  auto made = Gatekeeper::create(*options);
  EXPECT_TRUE(made) << made.error().message;
  return *std::move(made);
}

int status_of(const std::variant<Gatekeeper::Proof, Refusal>& verdict) {
  return std::holds_alternative<Refusal>(verdict) ? std::get<Refusal>(verdict).status : 0;
}

RequestHead with_token(std::string value) {
  RequestHead head;
  head.authorization = std::move(value);
  return head;
}

RequestHead signed_by(const std::string& key, const std::string& body, std::int64_t at) {
  RequestHead head;
  head.webhook_id = "msg_1";
  head.webhook_timestamp = std::to_string(at);
  head.webhook_signature = auth::webhook_signature(key, "msg_1", *head.webhook_timestamp, body);
  return head;
}

TEST(Gatekeeper, WithoutAuthOnlyWebPagesAreTurnedAway) {
  const Gatekeeper open = keeper("listen: 127.0.0.1:0");
  EXPECT_EQ(status_of(open.check_head({}, kNow)), 0);
  RequestHead page;
  page.origin = "https://example.com";
  EXPECT_EQ(status_of(open.check_head(page, kNow)), 403);
}

TEST(Gatekeeper, OneOfTheTokensIsNeeded) {
  const Gatekeeper door = keeper("auth: { tokens: [ first, second ] }");
  EXPECT_EQ(status_of(door.check_head({}, kNow)), 401);
  EXPECT_EQ(status_of(door.check_head(with_token("Bearer second"), kNow)), 0);
  EXPECT_EQ(status_of(door.check_head(with_token("bearer first"), kNow)), 0);
  for (const char* bad : {"Bearer", "Bearer ", "Bearer secon", "Bearer second ", "Basic second", "second", ""})
    EXPECT_EQ(status_of(door.check_head(with_token(bad), kNow)), 401) << bad;
}

TEST(Gatekeeper, TokensMayRestInAFile) {
  const test::TempDir dir;
  const auto file = dir.write("tokens", "one\r\n\ntwo");
  const Gatekeeper door = keeper("auth: { tokens_file: " + file.string() + " }");
  EXPECT_EQ(status_of(door.check_head(with_token("Bearer one"), kNow)), 0);
  EXPECT_EQ(status_of(door.check_head(with_token("Bearer two"), kNow)), 0);
  EXPECT_EQ(status_of(door.check_head(with_token("Bearer three"), kNow)), 401);
  const auto options = source_table().parse_text("auth: { tokens_file: " + dir.write("empty", "\n").string() + " }");
  EXPECT_FALSE(Gatekeeper::create(*options));
}

TEST(Gatekeeper, SignaturesFitBodyIdTimeAndAnyOfTheSecrets) {
  const Gatekeeper door = keeper("signature: { secrets: [ whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_AQID ] }");
  const std::string key("\1\2\3");
  RequestHead head = signed_by(key, "body", 1'700'000'000);
  EXPECT_EQ(status_of(door.check_head(head, kNow)), 0);
  EXPECT_FALSE(door.check_signature(head, "body"));
  EXPECT_TRUE(door.check_signature(head, "bodY"));
  head.webhook_signature = "v1,AAAA v2,x " + *head.webhook_signature;
  EXPECT_FALSE(door.check_signature(head, "body")) << "secrets are rotated with several signatures";
  head.webhook_id = "msg_2";
  EXPECT_TRUE(door.check_signature(head, "body"));
  head.webhook_signature = "";
  EXPECT_TRUE(door.check_signature(head, "body"));
}

TEST(Gatekeeper, OldSignaturesAreOfNoUse) {
  const Gatekeeper door = keeper("signature: { secrets: whsec_AQID }");
  const std::int64_t now = kNow.time_since_epoch() / std::chrono::seconds{1};
  EXPECT_EQ(status_of(door.check_head(signed_by("\1\2\3", "b", now - 300), kNow)), 0);
  EXPECT_EQ(status_of(door.check_head(signed_by("\1\2\3", "b", now - 301), kNow)), 401);
  EXPECT_EQ(status_of(door.check_head(signed_by("\1\2\3", "b", now + 301), kNow)), 401);
  RequestHead head = signed_by("\1\2\3", "b", now);
  for (const char* bad : {"", "x", "1700000000.5", "-1", "99999999999999999999"}) {
    head.webhook_timestamp = bad;
    EXPECT_EQ(status_of(door.check_head(head, kNow)), 401) << bad;
  }
  EXPECT_EQ(status_of(door.check_head({}, kNow)), 401);
}

TEST(Gatekeeper, TokenOrSignatureIsEnoughWhenBothAreConfigured) {
  const Gatekeeper door = keeper("auth: { tokens: t }\nsignature: { secrets: whsec_AQID }");
  EXPECT_EQ(status_of(door.check_head(with_token("Bearer t"), kNow)), 0);
  const auto by_signature = door.check_head(signed_by("\1\2\3", "b", 1'700'000'000), kNow);
  ASSERT_TRUE(std::holds_alternative<Gatekeeper::Proof>(by_signature));
  EXPECT_EQ(std::get<Gatekeeper::Proof>(by_signature), Gatekeeper::Proof::in_signature);
  EXPECT_EQ(status_of(door.check_head({}, kNow)), 401);
}

}  // namespace
}  // namespace tidegate::ingest
