#include "connectors/auth/aws_auth.h"
#include "connectors/aws/sink.h"
#include "connectors/http/sink.h"

namespace tidegate::aws {

Result<std::unique_ptr<Sink>> make_sink(const ConnectorContext& context, const AwsOptions& options,
                                        std::string_view signed_as, std::unique_ptr<http::Service> service) {
  auto scope = auth::SigV4Scope::of(options.region, std::string(signed_as));
  auto auth = auth::AwsAuth::create(scope, options.credentials, options);
  if (!auth) return std::move(auth).error();
  return http::HttpSink::create(context, options, std::move(service), *std::move(auth));
}

}  // namespace tidegate::aws
