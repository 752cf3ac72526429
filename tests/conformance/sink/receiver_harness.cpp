#include "tests/conformance/sink/receiver_harness.h"

#include <gtest/gtest.h>

#include <utility>

namespace tidegate::testing {
namespace {

std::unique_ptr<Receiver> start(ReceiverOptions options) {
  auto started = Receiver::start(std::move(options));
  EXPECT_TRUE(started) << started.error().message;
  return *std::move(started);
}

}  // namespace

ReceiverHarness::ReceiverHarness(ReceiverOptions options) : peer_(start(std::move(options))), silence_(start({})) {
  Answer hang;
  hang.action = Answer::Action::hang;
  silence_->answer_by_default(hang);
  context_.name = "sink";
  context_.clock = &clock_;
}

}  // namespace tidegate::testing
