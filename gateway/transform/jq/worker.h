#pragma once

namespace tidegate {

/// The whole of a jq process: takes an order and then events from standard input, a socket, and answers there (see
/// wire.h). Returns the exit code, once the gateway has closed its end. The environment is expected to be empty.
int run_jq_worker();

}  // namespace tidegate
