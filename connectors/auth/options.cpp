#include "connectors/auth/options.h"

#include <optional>

#include "connectors/auth/aws_sigv4.h"
#include "connectors/auth/token_options.h"
#include "connectors/http/header_lines.h"

namespace tidegate::auth {
namespace {

std::optional<OptionFault> aws_fault(const AuthOptions& auth) {
  if (!is_aws_region(auth.region)) return OptionFault{"type", "is aws_sigv4, which needs region, such as eu-central-1"};
  if (auth.service.empty()) return OptionFault{"type", "is aws_sigv4, which needs service, such as execute-api"};
  return std::nullopt;
}

std::optional<OptionFault> auth_fault(const AuthOptions& auth) {
  switch (auth.type) {
    case AuthType::none:
      if (!auth.user.empty() || !auth.password.empty() || !auth.token.empty() || !auth.value.empty()) {
        return OptionFault{"type", "says none, but there is a credential; set it to basic, bearer or header"};
      }
      return std::nullopt;
    case AuthType::basic:
      if (auth.user.empty()) return OptionFault{"type", "is basic, which needs user and password"};
      return std::nullopt;
    case AuthType::bearer:
      if (auth.token.empty()) return OptionFault{"type", "is bearer, which needs token or token_file"};
      return std::nullopt;
    case AuthType::header:
      if (!http::is_header_name(auth.name)) return OptionFault{"name", "must be the name of an HTTP header"};
      if (auth.value.empty()) return OptionFault{"type", "is header, which needs value or value_file"};
      return std::nullopt;
    case AuthType::oauth2:
    case AuthType::google_service_account:
    case AuthType::azure_sas:
    case AuthType::standard_webhooks: return token_fault(auth);
    case AuthType::aws_sigv4: return aws_fault(auth);
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<AuthOptions>& auth_table() {
  static const auto table =
      add_token_options(
          OptionTableOf<AuthOptions>("How the gateway proves who it is. Files are read again after a 401 "
                                     "or 403.")
              .choice("type", &AuthOptions::type,
                      {{"none", AuthType::none, "No credential."},
                       {"basic", AuthType::basic, "`user` and `password`."},
                       {"bearer", AuthType::bearer, "`token` in the header Authorization: Bearer."},
                       {"header", AuthType::header, "`value` in the header called `name`."},
                       {"oauth2", AuthType::oauth2,
                        "A bearer token that `token_url` gives for client credentials; also Microsoft Entra."},
                       {"google_service_account", AuthType::google_service_account,
                        "A bearer token for the key in `service_account_file`."},
                       {"azure_sas", AuthType::azure_sas, "A shared access signature made of `shared_access_key`."},
                       {"standard_webhooks", AuthType::standard_webhooks,
                        "Every request is signed with `secrets`, as standardwebhooks.com says."},
                       {"aws_sigv4", AuthType::aws_sigv4,
                        "Every request is signed with AWS keys, for `service` in `region`."}},
                      "Kind of credential.")
              .option("user", &AuthOptions::user, "Of type basic.")
              .secret("password", &AuthOptions::password, "Of type basic.")
              .secret("token", &AuthOptions::token, "Of type bearer.")
              .option("name", &AuthOptions::name, "Of type header: its name, such as X-Api-Key.")
              .secret("value", &AuthOptions::value, "Of type header: its value."))
          .option("region", &AuthOptions::region, "Of type aws_sigv4: as in the endpoint's name, such as eu-central-1.")
          .option("service", &AuthOptions::service,
                  "Of type aws_sigv4: execute-api (API Gateway), lambda (function URLs), aps (Prometheus), es ...")
          .section("credentials", &AuthOptions::credentials, aws_credentials_table(),
                   "Of type aws_sigv4: where the keys come from.")
          .check(auth_fault);
  return table;
}

bool sets_header(const AuthOptions& auth, std::string_view name) noexcept {
  const auto is = [name](std::string_view other) { return http::same_header(name, other); };
  switch (auth.type) {
    case AuthType::none: return false;
    case AuthType::header: return is(auth.name);
    case AuthType::azure_sas: return is(auth.sas == SasService::event_grid ? "aeg-sas-token" : "Authorization");
    case AuthType::standard_webhooks: return is("webhook-id") || is("webhook-timestamp") || is("webhook-signature");
    case AuthType::aws_sigv4: return SigV4Signer::writes(name);
    default: return is("Authorization");
  }
}

}  // namespace tidegate::auth
