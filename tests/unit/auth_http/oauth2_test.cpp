// What token endpoints are asked, as they get it.

#include <nlohmann/json.hpp>

#include "connectors/auth/limits.h"
#include "provider.h"
#include "tests/support/files/temp_dir.h"
#include "tests/unit/auth_tokens/keys.h"

namespace tidegate::auth::test {
namespace {

using http::numbered_events;
using nlohmann::json;

/// The token request of a sink that has delivered.
ReceivedRequest token_request(const Provider& provider, const std::string& auth) {
  const auto sink = sink_to(provider, auth);
  expect_delivered(sink.send(numbered_events(1)));
  const auto requests = provider.token_requests();
  EXPECT_EQ(requests.size(), 1u);
  return requests.empty() ? ReceivedRequest() : requests.front();
}

std::string oauth2(const Provider& provider, const std::string& more) {
  return "type: oauth2, token_url: \"" + provider.url("/token") + "\", client_id: \"plant 7\", " + more;
}

TEST(OAuth2, BasicIsTheDefaultAndEncodesBothHalves) {
  const Provider provider;
  const auto request = token_request(provider, oauth2(provider, "client_secret: \"s:/é\""));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.headers.at("authorization"), "Basic cGxhbnQlMjA3OnMlM0ElMkYlQzMlQTk=");  // plant%207:s%3A%2F%C3%A9
  EXPECT_EQ(form_of(request.body), (std::map<std::string, std::string>{{"grant_type", "client_credentials"}}));
}

TEST(OAuth2, TheBodyMayHoldTheSecretAndWhateverElseIsAskedFor) {
  const Provider provider;
  const auto request =
      token_request(provider, oauth2(provider,
                                     "client_auth: body, client_secret: s&x=y, scope: [a, \"https://x/.default\"], "
                                     "audience: aud, resource: res, parameters: { tenant: \"7=7\" }"));
  EXPECT_FALSE(request.headers.contains("authorization"));
  EXPECT_EQ(form_of(request.body), (std::map<std::string, std::string>{{"grant_type", "client_credentials"},
                                                                       {"client_id", "plant 7"},
                                                                       {"client_secret", "s&x=y"},
                                                                       {"scope", "a https://x/.default"},
                                                                       {"audience", "aud"},
                                                                       {"resource", "res"},
                                                                       {"tenant", "7=7"}}));
}

TEST(OAuth2, AKeyProvesTheClientWithoutASecret) {
  const tidegate::test::TempDir dir;
  const auto key = dir.write("key.pem", kRfcEcKey);
  const Provider provider;
  const auto request = token_request(provider, oauth2(provider,
                                                      "client_auth: private_key_jwt, key_id: k1, "
                                                      "private_key_file: " +
                                                          key.string()));
  auto form = form_of(request.body);
  EXPECT_EQ(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  const std::string assertion = form["client_assertion"];
  EXPECT_EQ(json::parse(jwt_part(assertion, 0)), json({{"alg", "ES256"}, {"typ", "JWT"}, {"kid", "k1"}}));
  const json claims = json::parse(jwt_part(assertion, 1));
  EXPECT_EQ(claims["iss"], "plant 7");
  EXPECT_EQ(claims["sub"], "plant 7");
  EXPECT_EQ(claims["aud"], provider.url("/token"));
  EXPECT_GE(claims["jti"].get<std::string>().size(), 20u);
  EXPECT_EQ(claims["exp"].get<long>() - claims["iat"].get<long>(),
            (limits::kAssertionLifetime + limits::kAssertionBackdated).count());
  EXPECT_EQ(request.body.find("client_secret"), std::string::npos);
}

TEST(OAuth2, EveryAssertionHasAnIdOfItsOwn) {
  Provider provider;
  const auto sink = sink_to(provider, oauth2(provider,
                                             "client_auth: private_key_jwt, algorithm: PS256, "
                                             "assertion_audience: \"https://idp\", private_key: \"" +
                                                 json(std::string(kRfcRsaKey)).dump().substr(1)));
  expect_delivered(sink.send(numbered_events(1)));
  sink->refresh_credentials();
  expect_delivered(sink.send(numbered_events(1)));
  const auto requests = provider.token_requests();
  ASSERT_EQ(requests.size(), 2u);
  const std::string first = form_of(requests[0].body)["client_assertion"];
  const std::string second = form_of(requests[1].body)["client_assertion"];
  EXPECT_EQ(json::parse(jwt_part(first, 0))["alg"], "PS256");
  EXPECT_EQ(json::parse(jwt_part(first, 1))["aud"], "https://idp");
  EXPECT_NE(json::parse(jwt_part(first, 1))["jti"], json::parse(jwt_part(second, 1))["jti"]);
}

std::string key_file(const Provider& provider, const char* key_id) {
  return json({{"type", "service_account"},
               {"private_key_id", key_id},
               {"private_key", kRfcRsaKey},
               {"client_email", "edge@plant-7.iam.gserviceaccount.com"},
               {"token_uri", provider.url("/token")}})
      .dump();
}

TEST(GoogleServiceAccount, TradesASignedAssertionForAToken) {
  const tidegate::test::TempDir dir;
  const Provider provider;
  const auto file = dir.write("key.json", key_file(provider, "k1"));
  const auto request = token_request(provider, "type: google_service_account, service_account_file: " + file.string());
  auto form = form_of(request.body);
  EXPECT_EQ(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
  EXPECT_EQ(json::parse(jwt_part(form["assertion"], 0)), json({{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "k1"}}));
  const json claims = json::parse(jwt_part(form["assertion"], 1));
  EXPECT_EQ(claims["iss"], "edge@plant-7.iam.gserviceaccount.com");
  EXPECT_EQ(claims["aud"], provider.url("/token"));
  EXPECT_EQ(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
  EXPECT_FALSE(claims.contains("target_audience"));
}

TEST(GoogleServiceAccount, AnAudienceAsksForAnIdentityToken) {
  const tidegate::test::TempDir dir;
  Provider provider;
  const std::string token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln";  // exp: 2100
  provider.judge_token([&](const ReceivedRequest&) { return answer(200, R"({"id_token":")" + token + "\"}"); });
  provider.judge_events([&](const ReceivedRequest& request) {
    return answer(request.headers.at("authorization") == "Bearer " + token ? 200 : 401, "");
  });
  const auto file = dir.write("key.json", key_file(provider, "k1"));
  const auto request = token_request(provider,
                                     "type: google_service_account, audience: \"https://run.app\", "
                                     "service_account_file: " +
                                         file.string());
  const json claims = json::parse(jwt_part(form_of(request.body)["assertion"], 1));
  EXPECT_EQ(claims["target_audience"], "https://run.app");
  EXPECT_FALSE(claims.contains("scope"));
}

TEST(GoogleServiceAccount, AnotherKeyInTheFileIsUsedForTheNextToken) {
  const tidegate::test::TempDir dir;
  Provider provider;
  const auto file = dir.write("key.json", key_file(provider, "k1"));
  const auto sink = sink_to(provider, "type: google_service_account, service_account_file: " + file.string());
  expect_delivered(sink.send(numbered_events(1)));
  rewrite(file, "half a fi");  // whoever writes it is not done
  EXPECT_TRUE(sink->refresh_credentials());
  expect_delivered(sink.send(numbered_events(1)));
  rewrite(file, key_file(provider, "k2"));
  EXPECT_TRUE(sink->refresh_credentials());
  expect_delivered(sink.send(numbered_events(1)));
  std::vector<std::string> keys;
  for (const auto& request : provider.token_requests())
    keys.push_back(json::parse(jwt_part(form_of(request.body)["assertion"], 0))["kid"]);
  EXPECT_EQ(keys, (std::vector<std::string>{"k1", "k1", "k2"}));
}

}  // namespace
}  // namespace tidegate::auth::test
