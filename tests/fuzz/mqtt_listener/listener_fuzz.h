#pragma once

#include <string_view>

namespace tidegate::mqtt_listener {

/// Takes bytes as what happens to a listener: each step is a byte that names what happens (its high half) and to which
/// of three clients (its low half), and for some a length and so many bytes. Clients send anything, connect, vanish;
/// receipts come or don't; time passes; the gateway restarts. Aborts when the session contradicts itself: an answer
/// that is not well formed, an acknowledgement of what was not stored, an event on a topic that the acl forbids.
void happen(std::string_view steps);

}  // namespace tidegate::mqtt_listener
