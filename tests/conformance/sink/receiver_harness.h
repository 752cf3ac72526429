#pragma once

#include <memory>

#include "gateway/base/clock.h"
#include "tests/conformance/sink/sink_harness.h"
#include "tests/support/receiver/receiver.h"

namespace tidegate::testing {

/// What the harnesses have in common whose peers are receivers of HTTP.
class ReceiverHarness : public SinkHarness {
 protected:
  /// `options`: of the peer.
  explicit ReceiverHarness(ReceiverOptions options = {});

  SystemClock clock_;
  ConnectorContext context_;
  std::unique_ptr<Receiver> peer_;
  std::unique_ptr<Receiver> silence_;  ///< takes requests and never answers
  BarePort refusing_{false}, mute_{true};
};

}  // namespace tidegate::testing
