#include "tests/bench/spool/load.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "gateway/base/mutex.h"
#include "gateway/base/uuid.h"

namespace tidegate::bench {

namespace {

constexpr std::size_t kPayloadBytes = 200;
constexpr std::size_t kReadEvents = 500;
constexpr std::size_t kReadBytes = 1u << 20;

/// Counts what is under way; waits until it is few.
class Gate {
 public:
  void enter(std::size_t n, std::size_t limit) {
    MutexLock lock(mutex_);
    while (open_ != 0 && open_ + n > limit) changed_.wait(lock);
    open_ += n;
  }
  void leave(std::size_t n) {
    const MutexLock lock(mutex_);
    open_ -= n;
    changed_.notify_all();
  }
  void wait_empty() {
    MutexLock lock(mutex_);
    while (open_ != 0) changed_.wait(lock);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::size_t open_ GUARDED_BY(mutex_) = 0;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "spool_bench: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace

Event EventMaker::make() {
  Event event;
  SeededRandom id_random(random_.next());
  event.id = UuidV7(id_random).mint(WallTime{milliseconds{1'760'000'000'000 + static_cast<std::int64_t>(n_ / 10)}});
  event.source = "/plant-7/plant-floor";
  event.type = "tidegate.mqtt.message";
  event.subject = fmt::format("sensors/hall-{}/device-{}/temperature", random_.below(4), random_.below(500));
  event.time = WallTime{milliseconds{1'760'000'000'000 + static_cast<std::int64_t>(n_ / 10)}};
  event.attributes = {{"qos", "1"}};
  if (payload_ == Payload::json) {
    event.data = fmt::format(
        R"({{"ts":{},"seq":{},"value":{}.{:03},"unit":"C","humidity":{}.{},"battery_mv":{},"rssi":-{},"status":"ok",)"
        R"("fw":"2.1.{}","serial":"{:016x}","note":")",
        1'760'000'000'000 + n_, n_, random_.below(100), random_.below(1000), random_.below(100), random_.below(10),
        3000 + random_.below(700), 40 + random_.below(50), random_.below(9), random_.next());
    while (event.data.size() < kPayloadBytes - 2) event.data += static_cast<char>('a' + random_.below(26));
    event.data += "\"}";
  } else {
    while (event.data.size() < kPayloadBytes) event.data += static_cast<char>(random_.next());
  }
  ++n_;
  return event;
}

OpenSpool::OpenSpool(const std::filesystem::path& dir) {
  SpoolOptions options;
  options.data_dir = dir;
  auto opened = Spool::open(options, {{"all", "cloud", {}}}, {"plant-floor"}, clock, health, metrics, opening);
  if (!opened) give_up(opened.error().message);
  spool = *std::move(opened);
  spool->start([](bool) {});
}

std::uint64_t append_events(OpenSpool& box, EventMaker& maker, std::size_t events, std::size_t submission,
                            std::size_t open) {
  Gate gate;
  std::uint64_t bytes = 0;
  for (std::size_t made = 0; made < events; made += submission) {
    SpoolSubmission batch{box.opening.sources.front(), {}, {}, 0};
    for (std::size_t i = 0; i < submission; ++i) {
      batch.events.push_back({maker.make(), {box.lane()}});
      bytes += payload_bytes(batch.events.back().event);
    }
    gate.enter(submission, open);
    box.spool->append(std::move(batch), [&gate, submission](Admission admission) {
      if (admission != Admission::durable) give_up("an append was not durable");
      gate.leave(submission);
    });
  }
  gate.wait_empty();
  return bytes;
}

void drain_events(OpenSpool& box, std::size_t events) {
  Mutex mutex;
  CondVar changed;
  bool news = false;
  box.spool->watch(box.lane(), [&](Seq) {
    const MutexLock lock(mutex);
    news = true;
    changed.notify_one();
  });
  Gate settling;
  Seq at = box.spool->lane_state(box.lane()).cursor;
  for (std::size_t delivered = 0; delivered < events;) {
    auto read = box.spool->read(box.lane(), at, kReadEvents, kReadBytes);
    if (!read) give_up(read.error().message);
    at = read->scanned_to;
    if (!read->events.empty()) {
      Settlement settlement;
      settlement.lane = box.lane();
      settlement.cursor = read->events.back().seq;
      for (const StoredEvent& stored : read->events) settlement.delivered.push_back(stored.seq);
      delivered += read->events.size();
      settling.enter(1, 4);
      box.spool->settle(std::move(settlement), [&settling](Status done) {
        if (!done) give_up(done.error().message);
        settling.leave(1);
      });
    }
    MutexLock lock(mutex);
    while (read->at_end && delivered < events && !news) changed.wait(lock);
    news = false;
  }
  settling.wait_empty();
  box.spool->watch(box.lane(), {});
}

}  // namespace tidegate::bench
