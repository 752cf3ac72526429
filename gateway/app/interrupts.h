#pragma once

#include "gateway/base/clock.h"

namespace tidegate {

/// Turns SIGINT and SIGTERM into an answer, for a command that polls: from its construction on they no longer end the
/// process, which has no other thread yet. *Threads*: one.
class Interrupts {
 public:
  Interrupts();
  /// Waits so long. True at once when one of them has come, then and ever after. *Blocks*.
  [[nodiscard]] bool within(milliseconds wait);

 private:
  bool came_ = false;
};

}  // namespace tidegate
