// scripted_broker: a broker for one subscriber, with load of its own, for tests that run real processes.
//
// Prints `port N` once it listens. The load starts when the client subscribes, or with --hold at SIGUSR2.
// SIGUSR1 breaks the connection; SIGUSR2 starts the load, and stops it the next time; SIGTERM ends the program.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "tests/support/broker/scripted_broker.h"

int main(int argc, char** argv) {
  using namespace tidegate::test;
  BrokerScript script;
  BrokerLoad load;
  std::uint16_t port = 0;
  bool hold = false;
  CLI::App app("A broker with one subscriber and load of its own; records every acknowledgement.");
  app.add_option("--port", port, "0: the kernel chooses");
  app.add_option("--log", load.log, "file for `acked P S` and `open P S` lines");
  app.add_option("--count", load.count, "events in all, 0: no end");
  app.add_option("--rate", load.rate, "events per second, 0: as the window allows");
  app.add_option("--publishers", load.publishers, "numbered from 1; odd ones send at QoS 1, even ones at QoS 2");
  app.add_option("--qos", load.qos, "all events at this QoS");
  app.add_option("--keys", load.keys, "topics per publisher");
  app.add_option("--payload-bytes", load.payload_bytes, "size of an event");
  app.add_flag("--old", script.old, "knows MQTT 3.1.1 only");
  app.add_flag("--lowest-ids", script.lowest_ids, "uses the lowest free packet id");
  app.add_flag("--hold", hold, "start the load at SIGUSR2");
  CLI11_PARSE(app, argc, argv);

  // Before the broker's thread starts, so that it inherits the mask and the signals come here.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  ScriptedBroker broker(script, port);
  bool loading = !hold;
  if (loading) broker.start_load(load);
  fmt::print("port {}\n", broker.port());
  std::fflush(stdout);
  for (;;) {
    int number = 0;
    sigwait(&signals, &number);
    if (number == SIGUSR1) {
      broker.drop();
    } else if (number == SIGUSR2) {
      loading = !loading;
      if (loading)
        broker.start_load(load);
      else
        broker.stop_load();
    } else {
      broker.drop();
      fmt::print("sent {} acked {} open {} connections {} {}\n", broker.sent_messages(), broker.acked_messages(),
                 broker.open_messages(), broker.connections(), broker.client_fault());
      return broker.client_fault().empty() ? 0 : 1;
    }
  }
}
