// The thread around a scheduler: reads the spool, drives the sink, settles, and tells people how it goes.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/mutex.h"
#include "gateway/delivery/lane.h"
#include "gateway/delivery/lane_report.h"
#include "gateway/delivery/limits.h"
#include "gateway/delivery/scheduler.h"

namespace tidegate {

namespace {

/// What other threads tell the worker. Shared between the lane and the callbacks it left with the spool, which may
/// still run after the lane is gone.
class Mailbox {
 public:
  struct Mail {
    bool committed = false;
    Seq evicted_to;
    std::size_t settlements_done = 0;
    bool resume = false;
    std::optional<Deadline> stop;
  };
  /// Which mail is worth waking the worker for.
  struct Interest {
    bool commits = false;
    bool settlements = false;
  };

  void committed(Seq evicted_to) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    mail_.committed = true;
    mail_.evicted_to = std::max(mail_.evicted_to, evicted_to);
    if (interest_.commits || evicted_to.value != 0) ring();
  }
  void settlement_done() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++mail_.settlements_done;
    if (interest_.settlements) ring();
  }
  void resume() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    mail_.resume = true;
    ring();
  }
  void stop(Deadline deadline) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (!mail_.stop) mail_.stop = deadline;
    ring();
  }

  /// The worker's side: takes what came. `stop` stays.
  Mail take() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    rung_ = false;
    Mail mail = std::exchange(mail_, {});
    mail_.stop = mail.stop;
    return mail;
  }
  /// *Blocks* until something of interest came or `at`.
  void wait(Interest interest, SteadyTime at) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (!attend(interest)) return;
    while (!rung_ && std::chrono::steady_clock::now() < at) cv_.wait_until(lock, at);
    interest_ = kBusy;
  }
  /// As wait(), but inside the sink, where answers come too.
  std::vector<Settled> wait_in(Sink& sink, Interest interest, SteadyTime at) EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (!attend(interest)) at = SteadyTime{};  // long past
      sink_ = &sink;
    }
    std::vector<Settled> settled = sink.wait(Deadline{at}, {});
    MutexLock lock(mutex_);
    sink_ = nullptr;
    interest_ = kBusy;
    return settled;
  }

 private:
  /// False: there is mail of interest already.
  bool attend(Interest interest) REQUIRES(mutex_) {
    interest_ = interest;
    return !(rung_ || mail_.resume || mail_.evicted_to.value != 0 || (interest.commits && mail_.committed) ||
             (interest.settlements && mail_.settlements_done != 0));
  }
  void ring() REQUIRES(mutex_) {
    rung_ = true;
    if (sink_ != nullptr) {
      sink_->wake();
    } else {
      cv_.notify_one();
    }
  }

  /// Between waits nobody needs a ring: attend() sees what came.
  static constexpr Interest kBusy{false, false};

  Mutex mutex_;
  CondVar cv_;
  Mail mail_ GUARDED_BY(mutex_);
  Interest interest_ GUARDED_BY(mutex_) = kBusy;
  Sink* sink_ GUARDED_BY(mutex_) = nullptr;  ///< where the worker waits now
  bool rung_ GUARDED_BY(mutex_) = false;
};

class LaneWorker final : public Lane {
 public:
  explicit LaneWorker(LaneSetup setup)
      : setup_(std::move(setup)),
        random_(setup_.seed),
        report_(setup_.name, setup_.route, setup_.sink, setup_.health, setup_.metrics) {}
  ~LaneWorker() override { stop(Deadline{setup_.clock.steady()}); }

  void start() override {
    if (thread_.joinable()) return;
    setup_.spool.watch(setup_.id, [mail = mailbox_](Seq evicted_to) { mail->committed(evicted_to); });
    thread_ = std::thread([this] { run(); });
  }

  void stop(Deadline deadline) override {
    connect_stop_.request_stop();
    mailbox_->stop(deadline);
    if (thread_.joinable()) thread_.join();
  }

  void resume() override { mailbox_->resume(); }
  [[nodiscard]] SteadyTime due_back() const noexcept override { return due_back_.load(std::memory_order_relaxed); }

 private:
  /// The worker promises to be round again at `at`, a sink that keeps its deadlines provided.
  void back_by(SteadyTime at) { due_back_.store(at + limits::kStuckAfter, std::memory_order_relaxed); }
  [[nodiscard]] Instant now() const { return {setup_.clock.steady(), setup_.clock.wall()}; }

  void run();
  bool open();
  void take_mail(Scheduler& scheduler);
  void connect(Scheduler& scheduler);
  void read(Scheduler& scheduler);
  void fetch_returned(Scheduler& scheduler);
  void send(Scheduler& scheduler);
  void look_after_gathering(Scheduler& scheduler);
  void settle(Scheduler& scheduler, bool last);
  void collect(Scheduler& scheduler, const std::vector<Settled>& settled);
  void wait(Scheduler& scheduler);
  void drain(Scheduler& scheduler);

  LaneSetup setup_;
  SeededRandom random_;
  LaneReport report_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();  ///< see Mailbox
  std::stop_source connect_stop_;
  std::thread thread_;
  std::atomic<SteadyTime> due_back_{SteadyTime::max()};  ///< max: not in its loop

  // The worker thread's own.
  std::unique_ptr<Shaper> shaper_;
  std::optional<Scheduler> scheduler_;
  std::optional<Deadline> stop_;
  SteadyTime read_again_ = SteadyTime::min();  ///< after a read that failed
  SteadyTime idle_look_ = SteadyTime::min();   ///< next look at the log without having been told
  bool returned_ = false;                      ///< dead letters were given back and are still to be fetched
};

void LaneWorker::run() {
  while (!stop_ && !open()) {
    mailbox_->wait({false, false}, setup_.clock.steady() + limits::kSpoolRetryInterval);
    stop_ = mailbox_->take().stop;
  }
  if (scheduler_) {
    while (true) {
      back_by(setup_.clock.steady());
      take_mail(*scheduler_);
      if (stop_) break;
      connect(*scheduler_);
      scheduler_->shape_deferred(now());
      read(*scheduler_);
      scheduler_->tick(now());
      send(*scheduler_);
      settle(*scheduler_, scheduler_->undone());
      look_after_gathering(*scheduler_);
      report_.update(*scheduler_, now());
      wait(*scheduler_);
    }
    due_back_ = SteadyTime::max();  // stop() has a deadline of its own
    drain(*scheduler_);
  }
  setup_.sink_connector->close();
}

/// What is durable goes into a scheduler: the first, or the one that is to begin anew.
bool LaneWorker::open() {
  Result<std::vector<Deferred>> deferred = setup_.spool.read_deferred(setup_.id);
  if (!deferred) {
    report_.trouble(deferred.error());
    return false;
  }
  auto remembered = setup_.spool.lane_state_rows(setup_.id);
  if (!remembered) {
    report_.trouble(remembered.error());
    return false;
  }
  std::unique_ptr<Shaper> shaper = setup_.make_shaper();
  shaper->restore(*remembered);
  if (scheduler_) {
    scheduler_->begin_anew(setup_.spool.lane_state(setup_.id), std::move(*deferred), *shaper, now());
  } else {
    scheduler_.emplace(setup_.options, setup_.sink_connector->limits(), setup_.spool.lane_state(setup_.id),
                       std::move(*deferred), *shaper, random_, now(), setup_.sink_connector.get());
  }
  shaper_ = std::move(shaper);
  return true;
}

void LaneWorker::take_mail(Scheduler& scheduler) {
  const Mailbox::Mail mail = mailbox_->take();
  stop_ = mail.stop;
  for (std::size_t i = 0; i < mail.settlements_done; ++i) scheduler.settlement_done();
  if (mail.evicted_to.value != 0) {
    scheduler.evict(mail.evicted_to);
    scheduler.end_gathering();
  }
  if (mail.committed) {
    scheduler.more_committed();
  }
  if (mail.resume) {
    scheduler.gate().resume(setup_.clock.steady());
    read_again_ = SteadyTime::min();
  }
}

void LaneWorker::connect(Scheduler& scheduler) {
  Gate& gate = scheduler.gate();
  const SteadyTime start = setup_.clock.steady();
  if (gate.wants_refresh(start)) {
    setup_.sink_connector->refresh_credentials();
    gate.refreshed();
  }
  if (!gate.wants_connect(start)) return;
  back_by(start + limits::kConnectTimeout);
  const Status connected =
      setup_.sink_connector->connect(Deadline{start + limits::kConnectTimeout}, connect_stop_.get_token());
  if (connected) {
    gate.connected();
  } else {
    gate.connect_failed(setup_.clock.steady(), connected.error().message);
  }
}

void LaneWorker::read(Scheduler& scheduler) {
  const Instant at = now();
  if (at.steady >= idle_look_) {
    scheduler.more_committed();
    setup_.sink_connector->tend();
    idle_look_ = at.steady + limits::kIdleInterval;
  }
  if (at.steady < read_again_) return;
  fetch_returned(scheduler);
  const std::optional<ReadWish> wish = scheduler.wants_read(at);
  if (!wish) return;
  Result<LaneRead> read = setup_.spool.read(setup_.id, wish->from, wish->events_max, wish->bytes_max);
  if (read) {
    returned_ |= read->deferred_returned;
    scheduler.accept(std::move(*read), now());
    report_.trouble_over();
    fetch_returned(scheduler);
    return;
  }
  report_.trouble(read.error());
  read_again_ = at.steady + limits::kSpoolRetryInterval;
}

/// Dead letters given back to the lane rest in `deferred`; the log only tells that there are some.
void LaneWorker::fetch_returned(Scheduler& scheduler) {
  if (!returned_) return;
  Result<std::vector<Deferred>> deferred = setup_.spool.read_deferred(setup_.id);
  if (!deferred) {
    report_.trouble(deferred.error());
    read_again_ = setup_.clock.steady() + limits::kSpoolRetryInterval;
    return;
  }
  returned_ = false;
  scheduler.merge_deferred(std::move(*deferred), now());
}

void LaneWorker::send(Scheduler& scheduler) {
  while (std::optional<Batch> batch = scheduler.next_batch(now())) setup_.sink_connector->submit(std::move(*batch));
}

/// What a sink holds takes room in the spool: without any left it is to be delivered. What a sink lost is read again.
void LaneWorker::look_after_gathering(Scheduler& scheduler) {
  if (scheduler.gathering() && setup_.spool.snapshot().full) scheduler.end_gathering();
  if (!scheduler.undone() || scheduler.waits_for_settlement() || setup_.clock.steady() < read_again_) return;
  if (!open()) read_again_ = setup_.clock.steady() + limits::kSpoolRetryInterval;
}

void LaneWorker::settle(Scheduler& scheduler, bool last) {
  while (std::optional<Settlement> settlement = scheduler.next_settlement(now(), last)) {
    // An error means that the spool stops: what it did not take is sent again after the next start.
    setup_.spool.settle(std::move(*settlement), [mail = mailbox_](const Status&) { mail->settlement_done(); });
  }
}

void LaneWorker::collect(Scheduler& scheduler, const std::vector<Settled>& settled) {
  for (const Settled& each : settled) {
    report_.count(each);
    scheduler.ended(each, now());
  }
}

void LaneWorker::wait(Scheduler& scheduler) {
  const Instant at = now();
  SteadyTime until = std::min(scheduler.look_again(at), idle_look_);
  if (returned_) until = std::min(until, read_again_);
  if (!scheduler.window().empty()) until = std::min(until, at.steady + LaneReport::kAgeInterval);
  if (scheduler.gathering()) until = std::min(until, at.steady + limits::kGatheringLookInterval);
  if (scheduler.deferred_to_shape()) until = at.steady;
  if (scheduler.undone() && !scheduler.waits_for_settlement()) until = std::max(at.steady, read_again_);
  // With more to read, only what has ended is collected.
  if (scheduler.wants_read(at)) until = std::min(until, std::max(at.steady, read_again_));
  back_by(std::max(at.steady, until));
  const Mailbox::Interest interest{scheduler.at_end(), scheduler.waits_for_settlement()};
  if (scheduler.in_flight() == 0) {
    mailbox_->wait(interest, until);
  } else {
    collect(scheduler, mailbox_->wait_in(*setup_.sink_connector, interest, until));
  }
}

void LaneWorker::drain(Scheduler& scheduler) {
  scheduler.only_end();
  send(scheduler);
  while (scheduler.in_flight() > 0 && setup_.clock.steady() < stop_->at) {
    collect(scheduler, setup_.sink_connector->wait(*stop_, {}));
    send(scheduler);
    settle(scheduler, false);
  }
  settle(scheduler, true);
  report_.stopped(scheduler);
}

}  // namespace

std::unique_ptr<Lane> Lane::create(LaneSetup setup) { return std::make_unique<LaneWorker>(std::move(setup)); }

}  // namespace tidegate
