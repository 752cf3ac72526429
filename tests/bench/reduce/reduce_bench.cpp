// What a config leaves out of a day at a cold store, and how fast:
//   reduce_bench config/cold-storage.yaml     (--hours N, --seed N)
// And without a config how fast each step is:
//   reduce_bench                              (--events N, --json)
// Everything but the speed depends on the config and the seed alone. Bytes are those of the bodies that the sinks would
// send: with the route's reduction, and without.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/transform/reduce/reducing_shaper.h"
#include "gateway/trial/sink_desk.h"
#include "gateway/trial/trial_routes.h"
#include "tests/bench/figures/figures.h"
#include "tests/bench/reduce/freezers.h"
#include "tests/bench/reduce/speed.h"

namespace tidegate::bench {
namespace {

constexpr std::size_t kFreezers = 40;

/// One route to one sink, and what it came to.
struct Lane {
  const RouteConfig* route = nullptr;
  const SinkConfig* sink = nullptr;
  std::unique_ptr<Shaper> shaper;
  std::uint64_t events_in = 0, bytes_in = 0, events_out = 0, bytes_out = 0;
  std::chrono::nanoseconds busy{0};
};

class Day {
 public:
  Day(const Config& config, std::uint64_t seed) : desk_(config), routes_(config), freezers_(kFreezers, start_, seed) {
    for (const RouteConfig& route : config.routes) {
      Lane& lane = lanes_.emplace_back();
      lane.route = &route;
      lane.sink = config.sink(route.to.front());
      lane.shaper = *desk_.shaper(route, *lane.sink, LaneId{1});
    }
  }

  void live(std::uint64_t seconds) {
    for (std::uint64_t second = 0; second < seconds; ++second) {
      now_ = {now_.steady + std::chrono::seconds{1}, now_.wall + milliseconds{1000}};
      std::vector<std::vector<StoredEvent>> arrived(lanes_.size());
      for (Event& event : freezers_.next_second()) {
        const Seq seq{++last_seq_};
        for (const std::size_t i : routes_.match(0, event)) arrived[i].push_back({seq, event, SourceId{1}});
      }
      for (std::size_t i = 0; i < lanes_.size(); ++i) pass(lanes_[i], arrived[i]);
    }
    // What is still being summed up ends too.
    now_.wall += std::chrono::hours{24};
    for (Lane& lane : lanes_) pass(lane, {});
  }

  void print() const {
    std::cout << fmt::format("{:<14} {:>10} {:>10} {:>8}  {:>12} {:>12} {:>8}  {:>12}\n", "route", "events in", "out",
                             "saved", "bytes in", "out", "saved", "events/s");
    Lane all;
    for (const Lane& lane : lanes_) {
      print(lane, lane.route->name);
      all.events_in += lane.events_in;
      all.bytes_in += lane.bytes_in;
      all.events_out += lane.events_out;
      all.bytes_out += lane.bytes_out;
      all.busy += lane.busy;
    }
    print(all, "all");
  }

 private:
  static void print(const Lane& lane, const std::string& name) {
    const auto saved = [](std::uint64_t in, std::uint64_t out) {
      return in == 0 ? 0 : 100 * (1 - static_cast<double>(out) / static_cast<double>(in));
    };
    std::cout << fmt::format("{:<14} {:>10} {:>10} {:>7.2f}%  {:>12} {:>12} {:>7.2f}%  {:>12.0f}\n", name,
                             lane.events_in, lane.events_out, saved(lane.events_in, lane.events_out), lane.bytes_in,
                             lane.bytes_out, saved(lane.bytes_in, lane.bytes_out),
                             static_cast<double>(lane.events_in) / std::chrono::duration<double>(lane.busy).count());
  }

  void pass(Lane& lane, std::vector<StoredEvent> events) {
    for (const StoredEvent& stored : events) lane.bytes_in += body_bytes(lane, {stored.event, {}});
    lane.events_in += events.size();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<Shaped> shaped = lane.shaper->shape(events, now_);
    lane.shaper->tick(now_, true);
    Shaper::Changes changes = lane.shaper->take_changes();
    lane.busy += std::chrono::steady_clock::now() - begin;
    for (const Shaped& each : shaped) {
      if (each.kind != Shaped::Kind::pass) continue;
      for (const OutEvent& out : each.outs) leave(lane, out);
    }
    for (Event& event : changes.emitted) leave(lane, {std::move(event), {}});
  }

  void leave(Lane& lane, const OutEvent& out) {
    ++lane.events_out;
    lane.bytes_out += body_bytes(lane, out);
  }

  std::uint64_t body_bytes(const Lane& lane, const OutEvent& out) {
    const auto preview = desk_.preview(*lane.route, *lane.sink, out);
    return preview ? preview->body.size() : 0;
  }

  WallTime start_{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1}};
  SinkDesk desk_;
  TrialRoutes routes_;
  Freezers freezers_;
  std::vector<Lane> lanes_;
  Instant now_{SteadyTime{}, start_};
  std::uint64_t last_seq_ = 0;
};

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate;
  std::string file;
  std::uint64_t hours = 24;
  std::uint64_t seed = 1;
  std::uint64_t events = 2'000'000;
  bool as_json = false;
  CLI::App app("What a config leaves out of a day at a cold store, and how fast.");
  app.add_option("config", file, "The config; none: the speed of each step");
  app.add_option("--hours", hours, "How long the day is");
  app.add_option("--seed", seed, "Another day");
  app.add_option("--events", events, "For the speed of a step");
  app.add_flag("--json", as_json, "The speeds as JSON");
  CLI11_PARSE(app, argc, argv);
  if (file.empty()) {
    bench::print(bench::step_speeds(events), 0, as_json);
    return 0;
  }
  const LoadedConfig loaded = load_config(file, connector_types(), [](const std::string&) { return "any"; });
  if (!loaded.config) {
    std::cerr << loaded.diagnostics.text();
    return 1;
  }
  bench::Day day(*loaded.config, seed);
  day.live(hours * 3600);
  day.print();
  return 0;
}
