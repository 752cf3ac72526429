#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "connectors/connector.h"

namespace tidegate::http {

enum class Format : std::uint8_t { cloudevents, cloudevents_binary, json_array, ndjson, raw };

/// True when a format carries several events per request.
bool is_batched(Format format) noexcept;

/// Replaces `out` by the body of a request. `structured`: with Format::cloudevents, the one event stands alone instead
/// of in a batch. Formats that are not batched take exactly one event.
void write_body(Format format, bool structured, std::span<const OutEvent* const> events, std::string& out);

/// Content-Type of such a body.
std::string_view body_content_type(Format format, bool structured, const OutEvent& first) noexcept;

/// The same for the same events in the same order, whatever else changed: of one event its id (when that can stand in
/// a header), of several 32 hex digits, XXH3-128 over their ids.
std::string idempotency_key(std::span<const OutEvent* const> events);

}  // namespace tidegate::http
