#pragma once

#include "connectors/connector.h"
#include "connectors/mqtt/publisher.h"

namespace tidegate::mqtt {

/// What an answer means for the event that was published, and for the lane.
struct PublishVerdict {
  Outcome outcome;
  Cause cause = Cause::none;
};

/// Which reasons of PUBACK and PUBREC deliver, retry and reject: see the table in README.md.
/// *Source*: MQTT 5, sections 3.4.2.1 and 3.5.2.1.
PublishVerdict judge_answer(Reason reason);

/// What a connection that did not come about means for the lane. *Source*: MQTT 5, section 3.2.2.2.
Cause cause_of(const ConnectFailure& failure) noexcept;

}  // namespace tidegate::mqtt
