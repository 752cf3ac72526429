// gateway_bench: speed and size of the spool and of the whole gateway, with the load, the broker and the receiver on
// the same machine.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "tests/bench/gateway/folder.h"
#include "tests/bench/gateway/http_flow.h"
#include "tests/bench/gateway/kafka.h"
#include "tests/bench/gateway/listener.h"
#include "tests/bench/gateway/objects.h"
#include "tests/bench/gateway/report.h"
#include "tests/bench/gateway/rig.h"

namespace {

using namespace tidegate;
using namespace tidegate::bench;

struct Options {
  std::filesystem::path bin, json;
  bool quick = false;
  std::uint64_t flow_events = 200'000, pending_events = 1'000'000, latency_events = 10'000, folder_rows = 1'000'000,
                archived_events = 1u << 20;
  int repeats = 3;
};

constexpr milliseconds kPartLimit{600'000};
constexpr double kLatencyRate = 1000;
constexpr double kLatencyWaitMs = 50;  // batch.max_wait of the latency run

void say(std::string_view text) { fmt::print(stderr, "bench: {}\n", text); }

/// What a bench of one part measures: {name: {"value":, "unit":}}.
Result<nlohmann::ordered_json> figures_of(const Options& options, const std::string& program,
                                          std::vector<std::string> words) {
  words.insert(words.begin(), {(options.bin / program).string(), "--json"});
  const auto end = test::run(words, test::within(kPartLimit));
  auto figures = nlohmann::ordered_json::parse(end.output, nullptr, false);
  if (end.status != 0 || figures.is_discarded()) return Error{ErrorCode::unavailable, program + ": " + end.errors};
  return figures;
}

/// Each step of a reduction, on one thread.
Status reduce(const Options& options, std::vector<Row>& rows) {
  say("reduce");
  std::vector<Row> steps;
  for (int i = 0; i < options.repeats; ++i) {
    const auto figures = figures_of(options, "reduce_bench", {"--events", options.quick ? "100000" : "2000000"});
    if (!figures) return figures.error();
    std::size_t at = 0;
    for (const auto& [step, figure] : figures->items()) {
      if (at == steps.size())
        steps.push_back({"reduce, a thread, 600-byte events: " + step, figure["unit"], {}, Bound::none, 0});
      steps[at++].samples.push_back(figure["value"].get<double>());
    }
  }
  rows.insert(rows.end(), steps.begin(), steps.end());
  return {};
}

struct Target {
  std::string_view name;
  Bound bound;
  double value;
};

/// The figures of a bench of one part, each under `prefix`, with the targets that some have.
Status part(const Options& options, const std::string& program, const std::string& prefix,
            std::span<const Target> targets, std::vector<Row>& rows, std::vector<std::string> words = {}) {
  if (options.quick && words.empty()) words = {"--quick", "--runs", "1"};
  const auto figures = figures_of(options, program, std::move(words));
  if (!figures) return figures.error();
  for (const auto& [name, figure] : figures->items()) {
    Row row{prefix + name, figure["unit"], {figure["value"].get<double>()}, Bound::none, 0};
    const auto target = std::ranges::find(targets, name, &Target::name);
    if (target != targets.end()) row.bound = target->bound, row.target = target->value;
    rows.push_back(std::move(row));
  }
  return {};
}

/// The pattern matcher, on one thread.
Status patterns(const Options& options, std::vector<Row>& rows) {
  say("patterns");
  constexpr std::array<Target, 8> kTargets{{{"600 bytes, mixed rules: 1", Bound::at_least, 1'000'000},
                                            {"600 bytes, mixed rules: 10", Bound::at_least, 800'000},
                                            {"600 bytes, mixed rules: 100", Bound::at_least, 600'000},
                                            {"600 bytes, mixed rules: 1000", Bound::at_least, 500'000},
                                            {"600 bytes, mixed rules: 10000", Bound::at_least, 300'000},
                                            {"1.3 KB nested, rules: 10", Bound::at_least, 500'000},
                                            {"10,000 rules: compiling", Bound::at_most, 0.5},
                                            {"10,000 rules: memory", Bound::at_most, 50}}};
  return part(options, "patterns_bench", "patterns, ", kTargets, rows);
}

/// A jq program in a lane.
Status jq(const Options& options, std::vector<Row>& rows) {
  say("jq");
  Row small{"jq {id, v: .data.value}, a thread, 600-byte events", "events/s", {}, Bound::at_least, 60'000};
  Row whole{"jq .data, the same events", "events/s", {}, Bound::none, 0};
  for (int i = 0; i < options.repeats; ++i) {
    const auto figures = figures_of(options, "jq_bench", {});
    if (!figures) return figures.error();
    small.samples.push_back(figures->at("{id, v: .data.value}")["value"].get<double>());
    whole.samples.push_back(figures->at(".data, the whole payload")["value"].get<double>());
  }
  rows.insert(rows.end(), {small, whole});
  return {};
}

/// Transforms, on one thread.
Status transforms(const Options& options, std::vector<Row>& rows) {
  say("transforms");
  constexpr Target kTarget{"template", Bound::at_least, 500'000};
  return part(options, "transform_bench", "transform, a thread, 600-byte events: ", {&kTarget, 1}, rows);
}

/// Requests to AWS, signed on one thread.
Status signing(const Options& options, std::vector<Row>& rows) {
  say("signing");
  constexpr Target kTarget{"1 KiB body", Bound::at_least, 150'000};
  return part(options, "signing_bench", "aws_sigv4, a thread, ", {&kTarget, 1}, rows);
}

/// Points to InfluxDB, from the sink to a stub that discards them.
Status stores(const Options& options, std::vector<Row>& rows) {
  say("stores");
  constexpr Target kTarget{"5,000 a request, 4 in flight", Bound::at_least, 50'000};
  return part(options, "stores_bench", "influxdb sink -> a stub that discards: ", {&kTarget, 1}, rows);
}

/// Batches to SQS, as fast as a stub takes them.
Status aws(const Options& options, std::vector<Row>& rows) {
  say("aws");
  constexpr Target kTarget{"SQS, batches of 10, 16 in flight", Bound::at_least, 10'000};
  return part(options, "aws_bench", "", {&kTarget, 1}, rows);
}

/// The spool alone.
Status spool(const Options& options, std::vector<Row>& rows) {
  say("spool");
  constexpr std::array<Target, 3> kTargets{{{"commits up to 1,000, JSON: appended", Bound::at_least, 150'000},
                                            {"commits up to 1,000, JSON: written per event byte", Bound::at_most, 2.5},
                                            {"commits of 100, JSON: written per event byte", Bound::at_most, 2.5}}};
  const test::TempDir dir;
  std::vector<std::string> words{"--dir", dir.path().string()};
  if (options.quick) words.insert(words.end(), {"--events", "50000", "--runs", "1"});
  return part(options, "spool_bench", "spool, ", kTargets, rows, std::move(words));
}

/// Bare subscriber and gateway in turn, so that what else the machine does hits both.
Status throughput(const Options& options, std::vector<Row>& rows) {
  Row bare{"mosquitto_sub -q 1 alone", "events/s", {}, Bound::none, 0};
  Row bare_cpu{"mosquitto_sub -q 1 alone, CPU", "us/event", {}, Bound::none, 0};
  Row rate{"mosquitto QoS 1 -> spool (full) -> HTTPS", "events/s", {}, Bound::none, 0};
  Row ratio{"  against mosquitto_sub alone in the same run", "ratio", {}, Bound::at_least, 0.9};
  Row cpu{"  gateway CPU", "us/event", {}, Bound::at_most, 20};
  Row rss{"  gateway peak RSS", "MiB", {}, Bound::at_most, 32};
  Row written{"  bytes written per byte of event", "ratio", {}, Bound::at_most, 2.5};
  for (int i = 0; i < options.repeats; ++i) {
    say(fmt::format("throughput, {} of {}", i + 1, options.repeats));
    const auto alone = measure_bare_subscriber(options.flow_events);
    if (!alone) return alone.error();
    const auto flow = measure_gateway(options.bin, options.flow_events);
    if (!flow) return flow.error();
    bare.samples.push_back(alone->events_per_second);
    bare_cpu.samples.push_back(alone->cpu_us_per_event);
    rate.samples.push_back(flow->events_per_second);
    ratio.samples.push_back(flow->events_per_second / alone->events_per_second);
    cpu.samples.push_back(flow->cpu_us_per_event);
    rss.samples.push_back(flow->rss_peak_mib);
    written.samples.push_back(flow->written_per_byte);
  }
  rows.insert(rows.end(), {bare, bare_cpu, rate, ratio, cpu, rss, written});
  return {};
}

/// A hundred routes by content and one by topic, in turn.
Status content(const Options& options, std::vector<Row>& rows) {
  Row plain{"the same load by one route without a pattern", "events/s", {}, Bound::none, 0};
  Row rate{"by 100 routes with patterns", "events/s", {}, Bound::none, 0};
  Row ratio{"  against the route without, in the same run", "ratio", {}, Bound::at_least, 0.9};
  Row cpu{"  gateway CPU", "us/event", {}, Bound::none, 0};
  for (int i = 0; i < options.repeats; ++i) {
    say(fmt::format("content, {} of {}", i + 1, options.repeats));
    const auto without = measure_gateway(options.bin, options.flow_events);
    if (!without) return without.error();
    const auto with = measure_gateway(options.bin, options.flow_events, hundred_content_routes());
    if (!with) return with.error();
    plain.samples.push_back(without->events_per_second);
    rate.samples.push_back(with->events_per_second);
    ratio.samples.push_back(with->events_per_second / without->events_per_second);
    cpu.samples.push_back(with->cpu_us_per_event);
  }
  rows.insert(rows.end(), {plain, rate, ratio, cpu});
  return {};
}

/// A large CSV file in a folder.
Status folder(const Options& options, std::vector<Row>& rows) {
  Row stored{"directory, CSV rows of 100 bytes -> spool (full)", "rows/s", {}, Bound::at_least, 150'000};
  Row rate{"  and on to HTTPS", "rows/s", {}, Bound::none, 0};
  Row cpu{"  gateway CPU", "us/row", {}, Bound::none, 0};
  Row rss{"  gateway peak RSS", "MiB", {}, Bound::at_most, 40};
  Row written{"  bytes written per byte of row", "ratio", {}, Bound::at_most, 2.5};
  for (int i = 0; i < options.repeats; ++i) {
    say(fmt::format("folder, {} of {}", i + 1, options.repeats));
    const auto run = measure_folder(options.bin, options.folder_rows);
    if (!run) return run.error();
    stored.samples.push_back(run->stored_per_second);
    rate.samples.push_back(run->flow.events_per_second);
    cpu.samples.push_back(run->flow.cpu_us_per_event);
    rss.samples.push_back(run->flow.rss_peak_mib);
    written.samples.push_back(run->flow.written_per_byte);
  }
  rows.insert(rows.end(), {stored, rate, cpu, rss, written});
  return {};
}

/// Devices that connect to the gateway itself.
Status listener(const Options& options, std::vector<Row>& rows) {
  Row rate{fmt::format("listener QoS 1, {} publishers -> spool (full) -> HTTPS", kListenerPublishers),
           "events/s",
           {},
           Bound::at_least,
           60'000};
  Row cpu{"  gateway CPU", "us/event", {}, Bound::at_most, 18};
  Row rss{"  gateway peak RSS", "MiB", {}, Bound::at_most, 40};
  Row written{"  bytes written per byte of event", "ratio", {}, Bound::at_most, 2.5};
  Row connection{"listener, memory of an idle connection", "KiB", {}, Bound::at_most, 12};
  for (int i = 0; i < options.repeats; ++i) {
    say(fmt::format("listener, {} of {}", i + 1, options.repeats));
    const auto flow = measure_listener(options.bin, options.flow_events);
    if (!flow) return flow.error();
    const auto idle = measure_idle_connections(options.bin, options.quick ? 500 : kIdleConnections);
    if (!idle) return idle.error();
    rate.samples.push_back(flow->events_per_second);
    cpu.samples.push_back(flow->cpu_us_per_event);
    rss.samples.push_back(flow->rss_peak_mib);
    written.samples.push_back(flow->written_per_byte);
    connection.samples.push_back(*idle);
  }
  rows.insert(rows.end(), {rate, cpu, rss, written, connection});
  return {};
}

Status kafka(const Options& options, std::vector<Row>& rows) {
  Row rate{fmt::format("listener QoS 1, {} publishers -> spool (full) -> Kafka", kListenerPublishers),
           "events/s",
           {},
           Bound::at_least,
           50'000};
  Row cpu{"  gateway CPU", "us/event", {}, Bound::at_most, 20};
  Row rss{"  gateway peak RSS", "MiB", {}, Bound::none, 0};
  for (int i = 0; i < options.repeats; ++i) {
    say(fmt::format("kafka, {} of {}", i + 1, options.repeats));
    const auto flow = measure_kafka(options.bin, options.flow_events);
    if (!flow) return flow.error();
    rate.samples.push_back(flow->events_per_second);
    cpu.samples.push_back(flow->cpu_us_per_event);
    rss.samples.push_back(flow->rss_peak_mib);
  }
  rows.insert(rows.end(), {rate, cpu, rss});
  return {};
}

/// A GiB of backlog into a bucket.
Status objects(const Options& options, std::vector<Row>& rows) {
  say("objects");
  const auto flow = measure_objects(options.bin, options.archived_events);
  if (!flow) return flow.error();
  const std::string what =
      fmt::format("aws_s3, {} MiB of backlog in events of 1 KiB, zstd: ", options.archived_events >> 10);
  rows.push_back({what + "gateway peak RSS", "MiB", {flow->rss_peak_mib}, Bound::at_most, 40});
  rows.push_back({"  payload that leaves", "MiB/s", {flow->mib_per_second}, Bound::none, 0});
  rows.push_back({"  objects", "objects", {flow->objects}, Bound::none, 0});
  return {};
}

Status http_ingest(const Options& options, std::vector<Row>& rows) {
  Row rate{"HTTP, NDJSON of 100 -> spool (full) -> HTTPS", "events/s", {}, Bound::at_least, 80'000};
  Row cpu{"  gateway CPU", "us/event", {}, Bound::none, 0};
  Row rss{"  gateway peak RSS", "MiB", {}, Bound::none, 0};
  Row written{"  bytes written per byte of event", "ratio", {}, Bound::at_most, 2.5};
  for (int i = 0; i < options.repeats; ++i) {
    say(fmt::format("HTTP ingest, {} of {}", i + 1, options.repeats));
    const auto flow = measure_http_ingest(options.bin, options.flow_events);
    if (!flow) return flow.error();
    rate.samples.push_back(flow->events_per_second);
    cpu.samples.push_back(flow->cpu_us_per_event);
    rss.samples.push_back(flow->rss_peak_mib);
    written.samples.push_back(flow->written_per_byte);
  }
  rows.insert(rows.end(), {rate, cpu, rss, written});
  return {};
}

Status idle(const Options& options, std::vector<Row>& rows) {
  say("idle");
  Row rss{"idle RSS, connected to broker and receiver", "MiB", {}, Bound::at_most, 15};
  for (int i = 0; i < options.repeats; ++i) {
    Rig rig(options.bin);
    if (auto up = rig.start("200ms"); !up) return up;
    poll(nullptr, 0, 1000);  // let the start settle; nothing is decided by it
    rss.samples.push_back(static_cast<double>(test::usage_of(rig.gateway().pid()).rss_kib) / kKibPerMib);
  }
  rows.push_back(rss);
  return {};
}

/// A receiver that was away while `pending_events` came in; then a restart of the gateway.
Status restart(const Options& options, std::vector<Row>& rows) {
  say(fmt::format("restart with {} events pending", options.pending_events));
  Row ready{fmt::format("restart to ready, {} pending", options.pending_events), "s", {}, Bound::at_most, 1};
  Row rss{"  peak RSS while draining", "MiB", {}, Bound::at_most, 48};
  Row drain{"  drain rate", "events/s", {}, Bound::at_least, 50'000};
  Row intake{"intake alone, receiver away", "events/s", {}, Bound::none, 0};
  Rig rig(options.bin);
  if (auto up = rig.start("200ms", false); !up) return up;
  auto from = std::chrono::steady_clock::now();
  const auto seconds_since = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  };
  const auto report = publish_events(rig.broker().port(), options.pending_events);
  if (!report.trouble.empty()) return Error{ErrorCode::unavailable, report.trouble};
  if (auto in = rig.wait_pending(options.pending_events); !in) return in;
  const auto events = static_cast<double>(options.pending_events);
  intake.samples.push_back(events / seconds_since());
  // Three starts give three times to ready; only the last one has somebody to drain to.
  for (int i = 0; i < options.repeats; ++i) {
    if (rig.gateway().stop() != 0) return Error{ErrorCode::unavailable, "the gateway did not stop cleanly"};
    if (i + 1 == options.repeats) {
      if (auto up = rig.start_receiver(); !up) return up;
    }
    from = std::chrono::steady_clock::now();
    if (auto up = rig.gateway().start_ready(); !up) return up;
    ready.samples.push_back(seconds_since());
  }
  const auto seconds = rig.wait_delivered(options.pending_events, from);
  if (!seconds) return seconds.error();
  drain.samples.push_back(events / *seconds);
  rss.samples.push_back(static_cast<double>(test::usage_of(rig.gateway().pid()).rss_peak_kib) / kKibPerMib);
  rows.insert(rows.end(), {intake, ready, rss, drain});
  return {};
}

/// What a small synced append costs on this disk, in ms.
std::vector<double> fsync_times(const std::filesystem::path& dir) {
  std::vector<double> times;
  const int fd = open((dir / "fsync-probe").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string block(4096, 'x');
  for (int i = 0; i < 200 && fd >= 0; ++i) {
    const auto from = std::chrono::steady_clock::now();
    if (pwrite(fd, block.data(), block.size(), static_cast<off_t>(i) * 4096) < 0 || fdatasync(fd) != 0) break;
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from).count());
  }
  if (fd >= 0) close(fd);
  return times;
}

Status latency(const Options& options, std::vector<Row>& rows) {
  say("latency");
  Row fsync{"fsync of this disk, p50", "ms", {}, Bound::none, 0};
  Row fsync99{"fsync of this disk, p99", "ms", {}, Bound::none, 0};
  Row p50{"publish to receiver at 1,000 events/s, p50", "ms", {}, Bound::none, 0};
  Row p99{"publish to receiver at 1,000 events/s, p99", "ms", {}, Bound::at_most, 0};
  for (int i = 0; i < options.repeats; ++i) {
    Rig rig(options.bin);
    if (auto up = rig.start(fmt::format("{}ms", kLatencyWaitMs)); !up) return up;
    const auto times = fsync_times(rig.dir());
    fsync.samples.push_back(quantile(times, 0.5));
    fsync99.samples.push_back(quantile(times, 0.99));
    const auto from = std::chrono::steady_clock::now();
    const auto report = publish_events(rig.broker().port(), options.latency_events, kLatencyRate);
    if (!report.trouble.empty()) return Error{ErrorCode::unavailable, report.trouble};
    if (auto done = rig.wait_delivered(options.latency_events, from); !done) return done.error();
    const auto summary = nlohmann::json::parse(rig.receiver().stop(), nullptr, false);
    if (summary.is_discarded()) return Error{ErrorCode::corrupt, "the receiver printed no summary"};
    p50.samples.push_back(summary["latency_p50_ms"].get<double>());
    p99.samples.push_back(summary["latency_p99_ms"].get<double>());
  }
  p99.target = 5 * fsync.median() + kLatencyWaitMs;
  rows.insert(rows.end(), {fsync, fsync99, p50, p99});
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.bin = std::filesystem::canonical("/proc/self/exe").parent_path();
  std::vector<std::string> only;
  CLI::App app("Speed and size of the whole gateway.");
  app.add_flag("--quick", options.quick, "small and once: does it work, not how fast is it");
  app.add_option("--json", options.json, "also write the rows there");
  app.add_option("--only", only,
                 "spool, patterns, reduce, jq, transforms, signing, aws, stores, throughput, content, listener, kafka, "
                 "http, folder, "
                 "objects, idle, restart, latency");
  app.add_option("--bin", options.bin, "where the programs are");
  CLI11_PARSE(app, argc, argv);
  if (options.quick) {
    options.flow_events = 20'000;
    options.pending_events = 50'000;
    options.latency_events = 2'000;
    options.folder_rows = 100'000;
    options.archived_events = 64u << 10;
    options.repeats = 1;
  }

  const std::vector<std::pair<std::string, Status (*)(const Options&, std::vector<Row>&)>> measures = {
      {"spool", spool},           {"patterns", patterns}, {"reduce", reduce},     {"jq", jq},
      {"transforms", transforms}, {"signing", signing},   {"aws", aws},           {"stores", stores},
      {"throughput", throughput}, {"content", content},   {"listener", listener}, {"kafka", kafka},
      {"http", http_ingest},      {"folder", folder},     {"objects", objects},   {"idle", idle},
      {"restart", restart},       {"latency", latency}};
  std::vector<Row> rows;
  for (const auto& [name, measure] : measures) {
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    if (auto done = measure(options, rows); !done) {
      fmt::print(stderr, "bench: {}: {}\n", name, done.error().message);
      return 1;
    }
  }
  print_table(rows);
  if (!options.json.empty()) write_json(rows, options.json);
  return 0;
}
