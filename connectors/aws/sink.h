#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "connectors/aws/options.h"
#include "connectors/connector.h"
#include "connectors/http/request.h"
#include "connectors/http/service.h"

namespace tidegate::aws {

/// The sink of a service. `signed_as`: what signatures call the service ("sqs"). *Errors*: as of the credential, and
/// unavailable, when a library has no memory.
Result<std::unique_ptr<Sink>> make_sink(const ConnectorContext& context, const AwsOptions& options,
                                        std::string_view signed_as, std::unique_ptr<http::Service> service);

/// The request that the event would make alone, before it is signed. *Errors*: invalid, why it would not be sent.
Result<Preview> preview(http::Service& service, const OutEvent& event);

/// Begins a request of the JSON protocol: its headers. `version`: of the protocol, "1.0" or "1.1".
void begin_json_request(std::string_view version, std::string_view target, std::string_view url,
                        http::Request& request);

/// What every service that takes batches has: how many, and that it may take a later event and refuse an earlier one.
SinkLimits batch_limits(std::size_t events_max) noexcept;

}  // namespace tidegate::aws
