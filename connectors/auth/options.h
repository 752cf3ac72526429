#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/auth/aws_options.h"
#include "connectors/auth/jwt.h"
#include "gateway/base/clock.h"
#include "gateway/config/option_table.h"

namespace tidegate::auth {

enum class AuthType : std::uint8_t {
  none,
  basic,
  bearer,
  header,
  oauth2,
  google_service_account,
  azure_sas,
  standard_webhooks,
  aws_sigv4,
};
/// How an OAuth2 client proves who it is to the token endpoint.
enum class ClientAuth : std::uint8_t { basic, body, private_key_jwt };
enum class SasService : std::uint8_t { event_hubs, event_grid };
/// What a receiver of webhooks means with HTTP 400.
enum class BadRequest : std::uint8_t { signature, content };

/// How a sink proves who it is.
struct AuthOptions {
  AuthType type = AuthType::none;
  ClientAuth client_auth = ClientAuth::basic;      ///< oauth2
  SasService sas = SasService::event_hubs;         ///< azure_sas
  BadRequest bad_request = BadRequest::signature;  ///< standard_webhooks
  std::optional<JwtAlgorithm> algorithm;           ///< of private_key_jwt; not set: RS256 or ES256, as the key is
  std::string user;                                ///< basic
  StoredSecret password;                           ///< basic
  StoredSecret token;                              ///< bearer
  std::string scheme = "Bearer";                   ///< bearer: what stands before the token; not an option of its own
  std::string name;                                ///< header: its name
  StoredSecret value;                              ///< header: its value

  std::string token_url;  ///< oauth2; google_service_account: empty: as the key file says
  std::string client_id;
  StoredSecret client_secret;              ///< of client_auth basic and body
  StoredSecret private_key;                ///< of client_auth private_key_jwt, PEM
  std::string key_id;                      ///< empty: none is named
  std::filesystem::path certificate_file;  ///< empty: none is named
  std::string assertion_audience;          ///< empty: token_url
  std::vector<std::string> scope;
  std::string audience;  ///< oauth2; google_service_account: an identity token for it
  std::string resource;  ///< oauth2; azure_sas: empty: the request's URL
  std::map<std::string, std::string> parameters;

  std::filesystem::path service_account_file;

  std::string key_name;
  StoredSecret shared_access_key;
  milliseconds sas_lifetime{3'600'000};

  std::vector<Secret> secrets;
  std::filesystem::path secrets_file;

  std::string region, service;       ///< aws_sigv4
  AwsCredentialOptions credentials;  ///< aws_sigv4
};

const OptionTableOf<AuthOptions>& auth_table();

/// The header is one that this kind of credential writes.
bool sets_header(const AuthOptions& auth, std::string_view name) noexcept;

}  // namespace tidegate::auth
