#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/mqtt/codec.h"
#include "gateway/base/result.h"
#include "gateway/event/event.h"

namespace tidegate::mqtt {

/// The event that a message becomes. `topic` is the message's own, or what its alias stands for.
/// `id`, `source` and `type` are left to the intake. Attributes, in this order: `qos`; `retained` when the message was
/// kept by the broker from earlier; those of `own`; `payloadformat` ("utf8"), `messageexpiry` (seconds),
/// `responsetopic` and `correlationdata` (Base64) when the sender gave them; then the user properties as they came. DUP
/// is left out: it differs between deliveries of one message. *Errors*: invalid, when the message breaks a limit of
/// events.
Result<Event> make_event(const Publish& message, std::string_view topic, WallTime now,
                         std::span<const std::pair<std::string, std::string>> own = {});

/// Recognises a message that is sent again under the same packet id.
std::uint64_t content_hash(std::string_view topic, std::string_view payload) noexcept;

/// Memory that an event takes until its receipt, roughly.
std::size_t memory_bytes(const Event& event) noexcept;

}  // namespace tidegate::mqtt
