#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/delivery/scheduler.h"
#include "tests/sim/delivery_checker.h"
#include "tests/sim/faulty_receiver.h"
#include "tests/sim/model_spool.h"
#include "tests/sim/scripted_shaper.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::testing {

/// One life of a lane under virtual time, all of it drawn from a seed: its options, the events, a receiver that
/// misbehaves, a disk that takes its time, crashes, evictions, an operator. It ends when everything is settled.
class DeliveryWorld {
 public:
  explicit DeliveryWorld(std::uint64_t seed);
  /// Lives it to the end. Returns what went wrong; empty: nothing.
  std::vector<std::string> run();

  [[nodiscard]] std::uint64_t requests() const { return last_request_; }
  [[nodiscard]] milliseconds lived() const;
  [[nodiscard]] std::uint64_t events() const { return ours_.size(); }
  [[nodiscard]] std::uint64_t deferrals() const { return deferrals_; }
  [[nodiscard]] std::uint64_t emitted() const { return emitted_.size(); }

 private:
  enum class Kind : std::uint8_t { arrival, answer, commit, crash, evict, resume, give_back, outage_edge };
  struct Happening {
    Kind kind = Kind::arrival;
    std::uint64_t request = 0;
  };
  struct Request {
    std::vector<Parcel> parcels;
    Verdict verdict;
  };

  void draw_options();
  void draw_misbehaviour();
  void draw_happenings();
  void draw_shaping();
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + random_.below(most - least + 1); }
  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  void plan(milliseconds in, Happening happening) { plan_.emplace(clock_.steady() + in, happening); }

  [[nodiscard]] Instant now() const { return {clock_.steady(), clock_.wall()}; }
  void start_lane();
  void begin_anew();
  void give_back();
  void meet_emitted();
  void step();
  void send(const Batch& batch);
  bool happen();
  void happen(const Happening& happening);
  void arrive();
  void answer(std::uint64_t number);
  void crash();
  [[nodiscard]] bool over() const;

  SeededRandom random_;
  SeededRandom lane_random_;
  VirtualClock clock_;
  SteadyTime born_ = clock_.steady();
  DeliveryOptions options_;
  SinkLimits sink_;
  Misbehaviour how_;
  std::unique_ptr<DeliveryChecker> checker_;
  std::unique_ptr<FaultyReceiver> receiver_;
  std::unique_ptr<ModelSpool> spool_;
  ShapingHabits habits_;
  std::unique_ptr<ScriptedShaper> shaper_;
  std::unique_ptr<Scheduler> lane_;

  std::multimap<SteadyTime, Happening> plan_;
  std::map<std::uint64_t, Request> requests_;
  std::uint64_t last_request_ = 0;
  std::uint64_t keys_ = 1;
  std::uint64_t ours_percent_ = 100;
  std::size_t arrivals_left_ = 0;
  milliseconds commit_max_{1};
  bool commit_planned_ = false;
  bool down_ = false;
  bool gives_back_ = false;
  std::uint64_t deferrals_ = 0;
  std::vector<bool> ours_;
  std::map<std::string, Seq> emitted_;  ///< by id
};

}  // namespace tidegate::testing
