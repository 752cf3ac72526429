#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/figures/figures.h"
#include "tests/bench/spool/load.h"
#include "tests/bench/spool/measure.h"

/// Measures the spool alone.
namespace tidegate::bench {
namespace {

using Timer = std::chrono::steady_clock;
double since(Timer::time_point begin) { return std::chrono::duration<double>(Timer::now() - begin).count(); }

struct SpoolArguments {
  std::filesystem::path dir = ".";
  std::size_t events = 1'000'000;
  int runs = 3;
  bool json = false;
};

/// Appends while a lane reads, settles and lets blocks be removed.
Figures throughput(const std::filesystem::path& dir, std::size_t events, Payload payload, std::size_t submission,
                   std::size_t open, const std::string& name) {
  const ProcessFigures before = process_figures();
  EventMaker maker(payload, 1);
  OpenSpool box(dir);
  const auto begin = Timer::now();
  std::thread lane([&] { drain_events(box, events); });
  const std::uint64_t bytes = append_events(box, maker, events, submission, open);
  const double appended = since(begin);
  lane.join();
  const double per_commit =
      static_cast<double>(events) / static_cast<double>(std::max<std::uint64_t>(1, box.spool->snapshot().commits));
  box.spool->stop();
  const ProcessFigures after = process_figures();
  const auto n = static_cast<double>(events);
  return {{name + ": appended", "events/s", n / appended},
          {name + ": events per commit", "", per_commit},
          {name + ": CPU, load included", "us/event", (after.cpu_seconds - before.cpu_seconds) * 1e6 / n},
          {name + ": written per event byte", "",
           static_cast<double>(after.bytes_written - before.bytes_written) / static_cast<double>(bytes)},
          {name + ": peak RSS", "MiB", static_cast<double>(after.rss_peak_kib) / 1024}};
}

/// Making the events alone, to be taken off the CPU figures.
Figures load_alone(std::size_t events) {
  const ProcessFigures before = process_figures();
  EventMaker maker(Payload::json, 1);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events; ++i) bytes += payload_bytes(maker.make());
  const ProcessFigures after = process_figures();
  return {{"load alone: CPU", "us/event", (after.cpu_seconds - before.cpu_seconds) * 1e6 / static_cast<double>(events)},
          {"load alone: bytes", "/event", static_cast<double>(bytes) / static_cast<double>(events)}};
}

Figures fill(const std::filesystem::path& dir, std::size_t events) {
  EventMaker maker(Payload::json, 2);
  OpenSpool box(dir);
  append_events(box, maker, events, 100, 2000);
  box.spool->stop();
  return {};
}

Figures restart(const std::filesystem::path& dir, std::size_t events) {
  const auto begin = Timer::now();
  OpenSpool box(dir);
  const double opened = since(begin);
  const auto drain = Timer::now();
  drain_events(box, events);
  const double drained = since(drain);
  const ProcessFigures after = process_figures();
  box.spool->stop();
  return {{"restart: open with the backlog", "ms", opened * 1e3},
          {"restart: drained", "events/s", static_cast<double>(events) / drained},
          {"restart: peak RSS while draining", "MiB", static_cast<double>(after.rss_peak_kib) / 1024}};
}

/// Runs a measurement in a process of its own, so that its memory and its writes are its own.
Figures in_child(const std::function<Figures()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) std::exit(1);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string out;
    for (const Figure& figure : work()) out += fmt::format("{}\t{}\t{}\n", figure.name, figure.unit, figure.value);
    const bool sent = ::write(ends[1], out.data(), out.size()) == static_cast<ssize_t>(out.size());
    ::_exit(sent ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) std::exit(1);
  Figures out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t tab = text.find('\t', at);
    const std::size_t tab2 = text.find('\t', tab + 1);
    const std::size_t end = text.find('\n', tab2);
    out.push_back({text.substr(at, tab - at), text.substr(tab + 1, tab2 - tab - 1),
                   std::stod(text.substr(tab2 + 1, end - tab2 - 1))});
    at = end + 1;
  }
  return out;
}

Figures all(const SpoolArguments& arguments) {
  const std::filesystem::path dir = arguments.dir / "spool-bench";
  const auto fresh = [&](const std::function<Figures()>& work) {
    std::filesystem::remove_all(dir);
    return in_child(work);
  };
  Figures out{{"disk: fdatasync after 64 KiB", "us", disk_sync_us(arguments.dir.string())}};
  const auto add = [&](Figures more) { out.insert(out.end(), more.begin(), more.end()); };
  const std::size_t n = arguments.events;
  add(in_child([&] { return load_alone(n); }));
  add(fresh([&] { return throughput(dir, n, Payload::json, 50, 2000, "commits up to 1,000, JSON"); }));
  add(fresh([&] { return throughput(dir, n / 4, Payload::random, 50, 2000, "commits up to 1,000, random"); }));
  add(fresh([&] { return throughput(dir, n / 10, Payload::json, 100, 100, "commits of 100, JSON"); }));
  add(fresh([&] { return fill(dir, n); }));
  add(in_child([&] { return restart(dir, n); }));
  std::filesystem::remove_all(dir);
  return out;
}

/// The median of each figure over the runs.
Figures medians(const std::vector<Figures>& runs) {
  Figures out = runs.front();
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::vector<double> values;
    for (const Figures& run : runs) values.push_back(run[i].value);
    out[i].value = median(std::move(values));
  }
  return out;
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate::bench;
  SpoolArguments arguments;
  CLI::App app("The spool alone.");
  app.add_option("--dir", arguments.dir, "On the disk that is to be measured");
  app.add_option("--events", arguments.events);
  app.add_option("--runs", arguments.runs, "Of each figure the median of so many")->check(CLI::PositiveNumber);
  app.add_flag("--json", arguments.json, "The figures as JSON");
  CLI11_PARSE(app, argc, argv);
  std::vector<Figures> runs;
  for (int i = 0; i < arguments.runs; ++i) runs.push_back(all(arguments));
  print(medians(runs), 3, arguments.json);
  return 0;
}
