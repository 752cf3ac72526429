#pragma once

#include <array>
#include <string_view>

#include "gateway/config/config.h"
#include "gateway/config/option_table.h"

/// The option tables of the gateway itself.
namespace tidegate {

const OptionTableOf<GatewayOptions>& gateway_options();
const OptionTableOf<SpoolOptions>& spool_options();
/// What every sink has, beside the options of its connector.
const OptionTableOf<DeliveryOptions>& delivery_options();
const OptionTableOf<RouteConfig>& route_options();
const OptionTableOf<TransformOptions>& transform_options();

/// The option that every source and sink has: which connector it is.
struct ConnectorChoice {
  std::string type;
};
const OptionTableOf<ConnectorChoice>& connector_choice();

struct TopLevelKey {
  std::string_view name;
  std::string_view doc;
  bool required;
};
/// The keys of the file, in the order the docs list them.
inline constexpr std::array<TopLevelKey, 5> kTopLevelKeys{{
    {"gateway", "The gateway as a whole. All of it may be left out.", false},
    {"spool", "The durable log on disk: what is acknowledged is there. All of it may be left out.", false},
    {"sources", "Where events come from, by name.", true},
    {"sinks", "Where events go, by name. Each takes the options of delivery, and those of its connector.", true},
    {"routes", "Which events go where, by name. One event may take several routes.", true},
}};
/// Keys that begin so are left alone: a place for anchors (&name) that other parts use.
inline constexpr std::string_view kIgnoredPrefix = "x-";

}  // namespace tidegate
