#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

namespace tidegate {

/// The S3 sink, as the registry knows it.
const OptionTable* aws_s3_sink_options();
/// `options` is what aws_s3_sink_options()->parse() produced. *Errors*: unavailable when libcurl, OpenSSL or a
/// compressor has no memory. Reaches for no peer.
Result<std::unique_ptr<Sink>> make_aws_s3_sink(const ConnectorContext& context, const std::any& options);
/// Whether the route has every capture that the key and the columns name.
Status check_aws_s3_sink_route(const std::any& options, const TopicFilter& route);
/// A status, or an error code of S3: "503", "SlowDown".
std::optional<Settled> judge_aws_s3_answer(const PeerAnswer& answer);
/// The object of an event that goes alone, before compression.
Result<Preview> preview_aws_s3(const ConnectorContext& context, const std::any& options, const OutEvent& event);
/// Few and large objects.
void aws_s3_delivery_defaults(DeliveryOptions& delivery);

}  // namespace tidegate
