#pragma once

#include "connectors/connector.h"
#include "connectors/elasticsearch/options.h"
#include "connectors/http/service.h"

namespace tidegate::elasticsearch {

/// What an answer with status 200 means for the events of its request, item by item. *Source*: Elasticsearch 8 and
/// OpenSearch 2, "Bulk API".
Settled judge_items(const http::Reply& reply, http::Events events, Action action);

}  // namespace tidegate::elasticsearch
