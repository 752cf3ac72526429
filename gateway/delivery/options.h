#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.h"

namespace tidegate {

enum class Order : std::uint8_t {
  by_key,  ///< per key strictly in order, keys in parallel
  strict,  ///< one batch at a time; within a batch as the sink keeps it (one event per batch where it does not)
  none,
};

/// How a lane delivers: the options that every sink has, whatever its protocol. Initialisers are the defaults.
struct DeliveryOptions {
  Order order = Order::by_key;
  struct Batching {
    std::size_t max_events = 500;
    std::size_t max_bytes = 1u << 20;
    milliseconds max_wait{200};  ///< an incomplete batch leaves this long after its first event became ready
  } batch;
  std::uint32_t in_flight = 4;
  struct Retry {
    milliseconds initial{500};  ///< upper bound of the first wait; doubles per failure; full jitter
    milliseconds max{60'000};   ///< upper bound of every wait, Retry-After included
  } retry;
  struct Breaker {
    std::uint32_t failures = 5;     ///< consecutive failed requests that open it; 0: no breaker
    milliseconds interval{10'000};  ///< one probe per interval while open
  } breaker;
  double rate_limit = 0;    ///< events per second; 0: none
  milliseconds max_age{0};  ///< past it an event goes to the dead letters, counted as expired; 0: never
  /// Past it an event goes to the dead letters, counted as dead; 0: never. A restart forgets the attempts of events
  /// that are not deferred; a refused credential, a 410 and a split are no attempts.
  std::uint32_t max_attempts = 0;
};

}  // namespace tidegate
