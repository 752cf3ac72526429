// What a config is told about credentials before anything is sent.

#include "connectors/auth/options.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "connectors/http/options.h"
#include "tests/support/files/temp_dir.h"
#include "tests/unit/auth_tokens/keys.h"

namespace tidegate::auth::test {
namespace {

/// Empty: nothing is wrong.
std::string fault_of(const std::string& yaml) {
  const auto options = auth_table().parse_text(yaml);
  return options ? "" : options.error().message;
}

void expect_fault(const std::string& yaml, const std::string& says) {
  const std::string fault = fault_of(yaml);
  EXPECT_NE(fault.find(says), std::string::npos) << yaml << ": " << fault;
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

TEST(AuthOptions, OAuth2SaysWhatItMisses) {
  const std::string start = "type: oauth2\ntoken_url: https://idp/token\nclient_id: a\n";
  EXPECT_EQ(fault_of(start + "client_secret: s"), "");
  expect_fault(start, "needs client_secret");
  expect_fault("type: oauth2\nclient_id: a\nclient_secret: s", "needs token_url");
  expect_fault("type: oauth2\ntoken_url: https://idp/token\nclient_secret: s", "needs client_id");
  expect_fault("type: oauth2\ntoken_url: ftp://idp\nclient_id: a\nclient_secret: s", "token_url");
  expect_fault(start + "client_auth: private_key_jwt", "needs private_key");
  const std::string by_key = start + "client_auth: private_key_jwt\nprivate_key: ";
  EXPECT_EQ(fault_of(by_key + quoted(kRfcEcKey)), "");
  EXPECT_EQ(fault_of(by_key + quoted(kRfcRsaKey) + "\nalgorithm: PS256"), "");
  expect_fault(by_key + quoted(kRfcEcKey) + "\nalgorithm: PS256", "does not fit the key");
  expect_fault(by_key + quoted(kRfcRsaKey) + "\nalgorithm: HS256", "is not RS256, PS256 or ES256");
  expect_fault(by_key + "garbage", "is not a private key in PEM");
  EXPECT_EQ(fault_of(by_key + "garbage").find("garbage"), std::string::npos);
}

TEST(AuthOptions, FilesOfCredentialsAreLookedInto) {
  const tidegate::test::TempDir dir;
  const auto wrong = dir.write("wrong.json", R"({"type":"authorized_user"})");
  expect_fault("type: google_service_account", "needs service_account_file");
  expect_fault("type: google_service_account\nservice_account_file: " + wrong.string(),
               "its type is not service_account");
  expect_fault("type: standard_webhooks", "either secrets or secrets_file");
  expect_fault("type: standard_webhooks\nsecrets: whsec_AQID", "3 bytes");
  expect_fault("type: standard_webhooks\nsecrets_file: " + wrong.string(), "not whsec_ followed by base64");
  expect_fault("type: azure_sas\nkey_name: send", "needs shared_access_key");
  expect_fault("type: azure_sas\nshared_access_key: s", "needs key_name");
  expect_fault("type: azure_sas\nsas: event_grid\nshared_access_key: \"no base64!\"", "is not base64");
}

TEST(AuthOptions, TheSinkKnowsWhatASignatureRulesOut) {
  const auto fault = [](const std::string& more) {
    const auto options = http::sink_table().parse_text(
        "url: https://x\nauth: { type: standard_webhooks, secrets: whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB }\n" + more);
    return options ? "" : options.error().message;
  };
  EXPECT_EQ(fault("headers: { Authorization: x }"), "");
  EXPECT_NE(fault("compression: gzip").find("must be none"), std::string::npos);
  EXPECT_NE(fault("headers: { Webhook-Id: x }").find("already set by auth"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::auth::test
