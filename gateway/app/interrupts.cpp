#include "gateway/app/interrupts.h"

#include <csignal>
#include <ctime>

namespace tidegate {

namespace {

sigset_t both() {
  sigset_t out;
  sigemptyset(&out);
  sigaddset(&out, SIGINT);
  sigaddset(&out, SIGTERM);
  return out;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t signals = both();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool Interrupts::within(milliseconds wait) {
  if (came_) return true;
  const sigset_t signals = both();
  timespec limit{};
  limit.tv_sec = wait.count() / 1000;
  limit.tv_nsec = (wait.count() % 1000) * 1'000'000;
  came_ = sigtimedwait(&signals, nullptr, &limit) > 0;
  return came_;
}

}  // namespace tidegate
