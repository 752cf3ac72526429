// load_publisher: publishes marked sensor readings to a broker, as many devices, and says what the broker took.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <stop_token>
#include <thread>
#include <vector>

#include "tests/support/process/publisher.h"

namespace {

using tidegate::test::publish;
using tidegate::test::PublisherOptions;
using tidegate::test::PublisherReport;

/// Runs the publishers until they are done or a signal comes.
std::vector<PublisherReport> run(const std::vector<PublisherOptions>& devices) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::stop_source stop;
  std::vector<PublisherReport> reports(devices.size());
  const pthread_t main_thread = pthread_self();
  std::atomic<std::size_t> working{devices.size()};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    threads.emplace_back([&, i] {
      reports[i] = publish(devices[i], stop.get_token());
      if (--working == 0) pthread_kill(main_thread, SIGUSR1);
    });
  }
  int number = 0;
  sigwait(&signals, &number);
  stop.request_stop();
  threads.clear();
  return reports;
}

}  // namespace

int main(int argc, char** argv) {
  PublisherOptions options;
  std::uint32_t devices = 1;
  CLI::App app("Publishes marked sensor readings to an MQTT broker.");
  app.add_option("--host", options.host, "IPv4 address of the broker");
  app.add_option("--port", options.port, "its port")->required();
  app.add_option("--devices", devices, "publishers, each with its own connection and topics");
  app.add_option("--first", options.number, "number of the first publisher");
  app.add_option("--qos", options.qos)->check(CLI::Range(0, 2));
  app.add_option("--count", options.count, "events per publisher; 0: until SIGINT or SIGTERM");
  app.add_option("--rate", options.rate, "events per second per publisher; 0: as fast as the broker takes them");
  app.add_option("--keys", options.keys, "topics per publisher")->check(CLI::PositiveNumber);
  app.add_option("--window", options.window, "messages not yet acknowledged")->check(CLI::Range(1, 60000));
  app.add_option("--bytes", options.payload_bytes, "bytes of a payload");
  CLI11_PARSE(app, argc, argv);

  std::vector<PublisherOptions> all;
  for (std::uint32_t i = 0; i < devices; ++i) {
    all.push_back(options);
    all.back().number = options.number + i;
  }
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  int status = 0;
  for (const auto& report : run(all)) {
    sent += report.sent;
    acknowledged += report.acknowledged;
    if (!report.trouble.empty()) {
      fmt::print(stderr, "load_publisher: {}\n", report.trouble);
      status = 1;
    }
  }
  fmt::print("{{\"sent\":{},\"acknowledged\":{}}}\n", sent, acknowledged);
  return status;
}
