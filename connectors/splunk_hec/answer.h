#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "connectors/connector.h"
#include "connectors/http/service.h"

namespace tidegate::splunk_hec {

/// What the collector answers. *Source*: Splunk Enterprise 9, "Troubleshoot HTTP Event Collector", possible error
/// codes.
struct Answer {
  int code = -1;                             ///< -1: it is none of the collector's
  std::optional<std::size_t> invalid_event;  ///< the first that is, from 0
};
Answer read_answer(std::string_view body);

/// What an answer means that refuses the content of a request. `own_index`: the index comes from the events.
Settled judge_refusal(const http::Reply& reply, http::Events events, bool own_index);

}  // namespace tidegate::splunk_hec
