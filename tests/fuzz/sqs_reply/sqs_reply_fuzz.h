#pragma once

#include <string_view>

namespace tidegate::aws_sqs {

/// Takes the first byte for options of a source, the rest for an answer to a receive, and aborts when what comes out
/// breaks a promise.
void read_any_reply(std::string_view bytes);

}  // namespace tidegate::aws_sqs
