// crash_harness: kills the gateway, the broker or the receiver at random moments under load, again and again, and has
// a separate checker say whether every acknowledged event arrived. Real processes, real SIGKILL.
#include <fmt/format.h>
#include <poll.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/base/random.h"
#include "tests/crash/plant.h"

namespace {

using namespace tidegate;
using namespace tidegate::crash;

struct Options {
  std::filesystem::path bin;
  std::uint64_t cycles = 20;
  std::uint64_t seed = 0;
  std::uint64_t cycles_per_check = 5;
  std::string only;
};

/// Who sends, and whom the cycles of one round kill.
struct Round {
  std::string_view what;
  std::unique_ptr<Feed> (*feed)(const std::filesystem::path& dir, const std::filesystem::path& bin);
  std::vector<Victim> victims;
};
std::unique_ptr<Feed> scripted(const std::filesystem::path& dir, const std::filesystem::path& bin) {
  return make_scripted_feed(dir, bin / "scripted_broker");
}
std::unique_ptr<Feed> mosquitto(const std::filesystem::path& dir, const std::filesystem::path&) {
  return make_mosquitto_feed(dir);
}
std::unique_ptr<Feed> listener(const std::filesystem::path&, const std::filesystem::path&) {
  return make_listener_feed();
}
std::unique_ptr<Feed> http(const std::filesystem::path&, const std::filesystem::path&) { return make_http_feed(); }
std::unique_ptr<Feed> folder(const std::filesystem::path& dir, const std::filesystem::path&) {
  return make_folder_feed(dir);
}
std::unique_ptr<Feed> sqs(const std::filesystem::path&, const std::filesystem::path&) { return make_sqs_feed(); }

const std::vector<Round>& rounds() {
  static const std::vector<Round> all = {
      {"scripted broker", scripted, {Victim::gateway, Victim::receiver, Victim::broker}},
      {"mosquitto that lives", mosquitto, {Victim::gateway, Victim::receiver}},
      {"scripted broker, gateway only", scripted, {Victim::gateway}},
      {"devices at the MQTT listener", listener, {Victim::gateway, Victim::gateway, Victim::receiver, Victim::broker}},
      {"programs over HTTP", http, {Victim::gateway, Victim::receiver, Victim::broker}},
      {"files in a folder", folder, {Victim::gateway, Victim::gateway, Victim::receiver, Victim::broker}},
      {"commands in a queue of the cloud", sqs, {Victim::gateway, Victim::gateway, Victim::receiver, Victim::broker}},
      {"mosquitto that is killed", mosquitto, {Victim::gateway, Victim::receiver, Victim::broker}},
  };
  return all;
}

void pause_ms(std::uint64_t ms) { poll(nullptr, 0, static_cast<int>(ms)); }

/// One kill and recovery. The moment and the length of the absence come from the seed.
Status cycle(Plant& plant, const Round& round, Random& random, std::uint64_t number) {
  const Victim victim = round.victims[random.below(round.victims.size())];
  const std::uint64_t before = 100 + random.below(900);
  const std::uint64_t away = random.below(4) == 0 ? random.below(800) : random.below(100);
  pause_ms(before);
  plant.kill(victim);
  pause_ms(away);
  auto up = plant.restart(victim);
  fmt::print("cycle {:>4}: {} killed after {} ms, away for {} ms\n", number, name_of(victim), before, away);
  std::fflush(stdout);
  return up;
}

void print(const Verdict& verdict) {
  fmt::print("  {} arrivals of {} events, {} ids, {} repeats{}\n", verdict.arrivals, verdict.events, verdict.ids,
             verdict.repeats,
             verdict.forgotten ? fmt::format(", {} forgotten by the killed broker itself", verdict.forgotten) : "");
  for (const auto& fault : verdict.faults) fmt::print("  FAULT: {}\n", fault);
  std::fflush(stdout);
}

/// Some cycles on one plant, then the verdict. False: a fault.
bool run_round(const Options& options, const Round& round, std::uint64_t first, std::uint64_t cycles, Random& random) {
  test::TempDir dir;
  Plant plant(options.bin, dir.path(), round.feed(dir.path(), options.bin));
  fmt::print("{}:\n", round.what);
  Status up = plant.start();
  for (std::uint64_t i = 0; i < cycles && up; ++i) up = cycle(plant, round, random, first + i);
  Verdict verdict;
  if (up) {
    std::vector<std::string> faults;
    const auto evidence = plant.finish(faults);
    if (evidence) {
      verdict = check(*evidence);
    } else {
      faults.push_back(evidence.error().message);
    }
    verdict.faults.insert(verdict.faults.end(), faults.begin(), faults.end());
  } else {
    verdict.faults.push_back(up.error().message);
  }
  print(verdict);
  if (verdict.faults.empty()) return true;
  dir.keep();
  fmt::print("  evidence kept in {}\n", dir.path().string());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.bin = std::filesystem::canonical("/proc/self/exe").parent_path();
  options.seed = entropy_seed() % 1'000'000;
  CLI::App app("SIGKILL of gateway, broker and receiver under load; every acknowledged event must arrive.");
  app.add_option("--cycles", options.cycles, "kills")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "repeats the choices of an earlier run");
  app.add_option("--cycles-per-check", options.cycles_per_check, "kills before everything is drained and checked")
      ->check(CLI::PositiveNumber);
  app.add_option("--only", options.only, "rounds whose name holds this");
  app.add_option("--bin", options.bin, "where the programs are");
  CLI11_PARSE(app, argc, argv);

  std::vector<Round> chosen;
  for (const Round& each : rounds()) {
    if (each.what.find(options.only) != std::string_view::npos) chosen.push_back(each);
  }
  if (chosen.empty()) {
    fmt::print(stderr, "crash: no round is called like \"{}\"\n", options.only);
    return 2;
  }
  fmt::print("crash: {} cycles, --seed {}\n", options.cycles, options.seed);
  SeededRandom random(options.seed);
  std::uint64_t failed = 0;
  std::uint64_t round = 0;
  for (std::uint64_t done = 0; done < options.cycles; ++round) {
    const std::uint64_t cycles = std::min(options.cycles_per_check, options.cycles - done);
    if (!run_round(options, chosen[round % chosen.size()], done + 1, cycles, random)) ++failed;
    done += cycles;
  }
  fmt::print("crash: {} cycles in {} rounds, {} rounds with faults, --seed {}\n", options.cycles, round, failed,
             options.seed);
  return failed == 0 ? 0 : 1;
}
