#include "connectors/auth/token_options.h"

#include <chrono>

#include "connectors/auth/azure_sas.h"
#include "connectors/auth/service_account.h"
#include "connectors/auth/webhook_auth.h"
#include "connectors/http/connection.h"

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;

Result<JwtAlgorithm> read_algorithm(std::string_view text) {
  for (const JwtAlgorithm algorithm : {JwtAlgorithm::rs256, JwtAlgorithm::ps256, JwtAlgorithm::es256}) {
    if (text == name_of(algorithm)) return algorithm;
  }
  return Error{ErrorCode::invalid, "is not RS256, PS256 or ES256"};
}

std::optional<OptionFault> key_fault(const AuthOptions& auth) {
  const auto key = SigningKey::from_pem(auth.private_key.value().reveal());
  if (!key) return OptionFault{"private_key", key.error().message};
  if (auth.algorithm && !key->fits(*auth.algorithm))
    return OptionFault{"algorithm", "does not fit the key: RS256 and PS256 need an RSA key, ES256 one on P-256"};
  return std::nullopt;
}

std::optional<OptionFault> oauth2_fault(const AuthOptions& auth) {
  if (auth.token_url.empty()) return OptionFault{"type", "is oauth2, which needs token_url"};
  if (auth.client_id.empty()) return OptionFault{"type", "is oauth2, which needs client_id"};
  const bool by_key = auth.client_auth == ClientAuth::private_key_jwt;
  if (by_key && auth.private_key.empty())
    return OptionFault{"client_auth", "is private_key_jwt, which needs private_key or private_key_file"};
  if (by_key) return key_fault(auth);
  if (auth.client_secret.empty())
    return OptionFault{"type",
                       "is oauth2, which needs client_secret or client_secret_file (or client_auth: "
                       "private_key_jwt and a key)"};
  return std::nullopt;
}

std::optional<OptionFault> sas_fault(const AuthOptions& auth) {
  if (auth.shared_access_key.empty())
    return OptionFault{"type", "is azure_sas, which needs shared_access_key or shared_access_key_file"};
  if (auth.sas == SasService::event_hubs && auth.key_name.empty())
    return OptionFault{"type", "is azure_sas for event_hubs, which needs key_name: the policy that the key is of"};
  if (auth.sas == SasService::event_hubs) return std::nullopt;
  const auto tried = event_grid_signature({}, auth.shared_access_key.value().reveal(), {});
  if (!tried) return OptionFault{"shared_access_key", tried.error().message};
  return std::nullopt;
}

std::optional<OptionFault> google_fault(const AuthOptions& auth) {
  if (auth.service_account_file.empty())
    return OptionFault{"type", "is google_service_account, which needs service_account_file"};
  const auto account = read_service_account(auth.service_account_file);
  if (!account) return OptionFault{"service_account_file", account.error().message};
  return std::nullopt;
}

std::optional<OptionFault> webhook_fault(const AuthOptions& auth) {
  if (auth.secrets.empty() == auth.secrets_file.empty())
    return OptionFault{"secrets", "give either secrets or secrets_file"};
  const char* const option = auth.secrets_file.empty() ? "secrets" : "secrets_file";
  const auto secrets = read_webhook_secrets(auth);
  if (!secrets) return OptionFault{option, secrets.error().message};
  const auto signer = WebhookSigner::create(*secrets);
  if (!signer) return OptionFault{option, signer.error().message};
  return std::nullopt;
}

}  // namespace

std::optional<OptionFault> token_fault(const AuthOptions& auth) {
  if (!auth.token_url.empty()) {
    if (auto fault = http::url_fault(auth.token_url)) return OptionFault{"token_url", *std::move(fault)};
  }
  switch (auth.type) {
    case AuthType::oauth2: return oauth2_fault(auth);
    case AuthType::google_service_account: return google_fault(auth);
    case AuthType::azure_sas: return sas_fault(auth);
    case AuthType::standard_webhooks: return webhook_fault(auth);
    default: return std::nullopt;
  }
}

OptionTableOf<AuthOptions>& add_token_options(OptionTableOf<AuthOptions>& table) {
  return table
      .option("token_url", &AuthOptions::token_url,
              "Of type oauth2: where tokens come from; of Entra, "
              "`https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`. Of type google_service_account: instead "
              "of what the key file says.")
      .option("client_id", &AuthOptions::client_id, "Of type oauth2.")
      .choice("client_auth", &AuthOptions::client_auth,
              {{"basic", ClientAuth::basic, "Id and secret in the header Authorization (client_secret_basic)."},
               {"body", ClientAuth::body, "Id and secret in the body (client_secret_post)."},
               {"private_key_jwt", ClientAuth::private_key_jwt,
                "A JWT signed with `private_key`; nothing secret is sent."}},
              "Of type oauth2: how the client proves itself to `token_url`.")
      .secret("client_secret", &AuthOptions::client_secret, "Of type oauth2.")
      .secret("private_key", &AuthOptions::private_key, "Of client_auth private_key_jwt: PEM, RSA or P-256.")
      .parsed("algorithm", &AuthOptions::algorithm, read_algorithm, "RS256, PS256 or ES256",
              "Of client_auth private_key_jwt: how the JWT is signed.")
      .default_text("RS256 or ES256, as the key is")
      .option("key_id", &AuthOptions::key_id, "Of client_auth private_key_jwt: `kid` of the JWT.")
      .file("certificate_file", &AuthOptions::certificate_file,
            "Of client_auth private_key_jwt: the key's certificate (PEM), named in the JWT as `x5t#S256`; Entra wants "
            "it.")
      .option("assertion_audience", &AuthOptions::assertion_audience,
              "Of client_auth private_key_jwt: `aud` of the JWT.")
      .default_text("token_url")
      .option("scope", &AuthOptions::scope,
              "Of type oauth2 and google_service_account: what the token is to allow; of Entra, such as "
              "`https://eventhubs.azure.net/.default`. Google's default: `https://www.googleapis.com/auth/"
              "cloud-platform`.")
      .option("audience", &AuthOptions::audience,
              "Of type oauth2: for whom the token is, where the endpoint asks (Auth0). Of type google_service_account: "
              "fetch an identity token for this URL, as Cloud Run and Cloud Functions want it.")
      .option("resource", &AuthOptions::resource,
              "Of type oauth2: for what the token is (RFC 8707). Of type azure_sas: what the signature opens, instead "
              "of the request's URL.")
      .option("parameters", &AuthOptions::parameters, "Of type oauth2: further fields of the token request.")
      .file("service_account_file", &AuthOptions::service_account_file,
            "Of type google_service_account: the JSON key file.")
      .choice("sas", &AuthOptions::sas,
              {{"event_hubs", SasService::event_hubs, "Event Hubs and Service Bus."},
               {"event_grid", SasService::event_grid, "Event Grid."}},
              "Of type azure_sas: which service's signature.")
      .option("key_name", &AuthOptions::key_name, "Of type azure_sas: the policy's name (SharedAccessKeyName).")
      .secret("shared_access_key", &AuthOptions::shared_access_key,
              "Of type azure_sas: the key as the portal shows it (SharedAccessKey).")
      .option(
          "sas_lifetime", &AuthOptions::sas_lifetime,
          "Of type azure_sas: how long a signature is good; a new one is made once three quarters of it have passed.",
          between(1min, 24h))
      .option("secrets", &AuthOptions::secrets,
              "Of type standard_webhooks: `whsec_` and base64. With several, every request carries a signature of "
              "each, for the time in which they rotate.")
      .file("secrets_file", &AuthOptions::secrets_file,
            "Of type standard_webhooks: a file with one secret per line, instead of `secrets`.")
      .choice(
          "bad_request", &AuthOptions::bad_request,
          {{"signature", BadRequest::signature,
            "That the signature is no good, as most receivers say it: the lane pauses and alarms, nothing is lost."},
           {"content", BadRequest::content, "That the event is no good: it becomes a dead letter."}},
          "Of type standard_webhooks: what the receiver means with HTTP 400.");
}

}  // namespace tidegate::auth
