#pragma once

#include <any>
#include <memory>
#include <optional>

#include "connectors/connector.h"

namespace tidegate {

/// The Splunk sink, as the registry knows it.
const OptionTable* splunk_hec_sink_options();
Result<std::unique_ptr<Sink>> make_splunk_hec_sink(const ConnectorContext& context, const std::any& options);
Status check_splunk_hec_sink_route(const std::any& options, const TopicFilter& route);
/// A status: "429".
std::optional<Settled> judge_splunk_hec_answer(const PeerAnswer& answer);
Result<Preview> preview_splunk_hec(const ConnectorContext& context, const std::any& options, const OutEvent& event);

}  // namespace tidegate
