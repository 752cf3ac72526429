#include "connectors/auth/make_auth.h"

#include "connectors/auth/aws_auth.h"
#include "connectors/auth/azure_sas_auth.h"
#include "connectors/auth/fixed_auth.h"
#include "connectors/auth/google_auth.h"
#include "connectors/auth/oauth2.h"
#include "connectors/auth/token_auth.h"
#include "connectors/auth/webhook_auth.h"

namespace tidegate::auth {

namespace {

Result<std::unique_ptr<Auth>> with_tokens(Result<std::unique_ptr<TokenRequest>> request) {
  if (!request) return std::move(request).error();
  return std::unique_ptr<Auth>(std::make_unique<TokenAuth>(*std::move(request)));
}

}  // namespace

Result<std::unique_ptr<Auth>> make_auth(const AuthOptions& options, const http::ConnectionOptions& connection) {
  switch (options.type) {
    case AuthType::none:
    case AuthType::basic:
    case AuthType::bearer:
    case AuthType::header: break;
    case AuthType::oauth2: return with_tokens(ClientCredentials::create(options));
    case AuthType::google_service_account: return with_tokens(ServiceAccountGrant::create(options));
    case AuthType::azure_sas: return std::unique_ptr<Auth>(std::make_unique<AzureSasAuth>(options));
    case AuthType::standard_webhooks: return WebhookAuth::create(options);
    case AuthType::aws_sigv4:
      return AwsAuth::create(SigV4Scope::of(options.region, options.service), options.credentials, connection,
                             process_environment(), AwsAuth::Refusals::to_be_told);
  }
  return std::unique_ptr<Auth>(std::make_unique<FixedAuth>(options));
}

}  // namespace tidegate::auth
