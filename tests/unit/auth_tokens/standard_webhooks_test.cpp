#include "connectors/auth/standard_webhooks.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "gateway/event/json_text.h"
#include "tests/support/files/shared_data.h"

namespace tidegate::auth {
namespace {

const std::string kPublished = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string secret_of(std::size_t bytes) {
  std::string out = "whsec_";
  append_base64(std::string(bytes, 'k'), out);
  return out;
}

WebhookSigner signer(std::initializer_list<std::string> secrets) {
  std::vector<Secret> all;
  for (const std::string& secret : secrets) all.emplace_back(secret);
  auto made = WebhookSigner::create(all);
  EXPECT_TRUE(made) << made.error().message;
  return *std::move(made);
}

std::string fault_of(std::vector<std::string> secrets) {
  std::vector<Secret> all;
  for (const std::string& secret : secrets) all.emplace_back(secret);
  const auto made = WebhookSigner::create(all);
  return made ? "" : made.error().message;
}

TEST(WebhookSigner, MakesThePublishedSignature) {
  const auto proof = signer({kPublished})
                         .sign("msg_p5jXN8AQM9LWM0D4loKWxJek", WallTime(std::chrono::seconds(1'614'265'330)),
                               R"({"test": 2432232314})");
  EXPECT_EQ(proof.timestamp, "1614265330");
  EXPECT_EQ(proof.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSigner, SignsWithEverySecretThatRotates) {
  const WallTime now(std::chrono::milliseconds(1'614'265'330'999));
  const auto proof = signer({secret_of(24), kPublished, secret_of(64)})
                         .sign("msg_p5jXN8AQM9LWM0D4loKWxJek", now, R"({"test": 2432232314})");
  EXPECT_EQ(proof.timestamp, "1614265330") << "whole seconds, never ahead";
  const std::size_t first = proof.signature.find(' '), last = proof.signature.rfind(' ');
  ASSERT_LT(first, last);
  EXPECT_EQ(proof.signature.substr(first + 1, last - first - 1), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_TRUE(proof.signature.starts_with("v1,"));
  EXPECT_EQ(proof.signature.substr(last + 1, 3), "v1,");
}

TEST(WebhookSigner, AnotherTimeIsAnotherSignatureUnderTheSameId) {
  const auto one = signer({kPublished}).sign("id", WallTime(std::chrono::seconds(1'700'000'000)), "body");
  const auto two = signer({kPublished}).sign("id", WallTime(std::chrono::seconds(1'700'000'001)), "body");
  EXPECT_NE(one.timestamp, two.timestamp);
  EXPECT_NE(one.signature, two.signature);
}

TEST(WebhookSigner, RefusesWhatTheStandardDoesNotTake) {
  EXPECT_NE(fault_of({}).find("1 to 8"), std::string::npos);
  EXPECT_NE(fault_of(std::vector<std::string>(9, kPublished)).find("1 to 8"), std::string::npos);
  EXPECT_EQ(fault_of(std::vector<std::string>(8, kPublished)), "");
  EXPECT_NE(fault_of({"whsec_"}).find("base64"), std::string::npos);
  EXPECT_NE(fault_of({"whsec_not base64"}).find("base64"), std::string::npos);
  EXPECT_EQ(fault_of({"whsec_not base64"}).find("not base64"), std::string::npos) << "a message quotes no secret";
  EXPECT_NE(fault_of({secret_of(23)}).find("23 bytes"), std::string::npos);
  EXPECT_EQ(fault_of({secret_of(24), secret_of(64)}), "");
  EXPECT_NE(fault_of({secret_of(65)}).find("65 bytes"), std::string::npos);
}

TEST(WebhookSecrets, AreTheLinesOfAText) {
  const auto secrets = split_secrets("one\r\n\n two\nthree");
  ASSERT_EQ(secrets.size(), 3u);
  EXPECT_EQ(secrets[0].reveal(), "one");
  EXPECT_EQ(secrets[1].reveal(), " two");
  EXPECT_EQ(secrets[2].reveal(), "three");
  EXPECT_TRUE(split_secrets("\n\r\n").empty());
}

TEST(WebhookSigner, AgreesWithFurtherVectorsWhereTheyAreAtHand) {
  std::ifstream file(tidegate::test::shared_data(TIDEGATE_SOURCE_DIR) / "webhooks/vectors.json");
  if (!file) GTEST_SKIP() << "no vectors beside the source tree";
  const auto vectors = nlohmann::json::parse(file);
  ASSERT_GE(vectors.size(), 7u);
  for (const auto& vector : vectors) {
    const WallTime at{std::chrono::seconds(vector["timestamp"].get<std::int64_t>())};
    const auto proof = signer({vector["secret"].get<std::string>()})
                           .sign(vector["id"].get<std::string>(), at, vector["body"].get<std::string>());
    EXPECT_EQ(proof.signature, vector["signature"].get<std::string>()) << vector["name"];
  }
}

}  // namespace
}  // namespace tidegate::auth
