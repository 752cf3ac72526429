#pragma once

#include <string>

#include "connectors/aws_sqs/queue.h"
#include "connectors/aws_sqs/source_options.h"
#include "gateway/event/event.h"

namespace tidegate::aws_sqs {

/// The event that a message is. The same message is always the same event: its id is the CloudEvent's, the SNS
/// notification's or the message's. `topic`: as SourceOptions has it, or the default.
/// *Errors*: invalid, why it cannot be one; of the body at most the name of an attribute.
Result<Event> make_event(Message message, const SourceOptions& options, std::string_view topic);

}  // namespace tidegate::aws_sqs
