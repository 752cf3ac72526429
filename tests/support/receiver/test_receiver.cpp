#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "tests/support/receiver/receiver.h"

namespace {

using namespace tidegate::testing;

int fail(const tidegate::Error& error) {
  std::fprintf(stderr, "test_receiver: %s\n", error.message.c_str());
  return 1;
}

/// Threads started after this leave the signals to sigwait.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

/// Receives until SIGTERM or SIGINT, then prints a summary as one line of JSON. The first line of output is its port.
int main(int argc, char** argv) {
  CLI::App app{"An HTTP(S) endpoint for tests; GET gives a summary as JSON"};
  ReceiverOptions options;
  std::vector<std::string> tls;
  std::string outcomes, otherwise, poison;
  app.add_option("--port", options.port, "0: the kernel chooses");
  app.add_option("--address", options.address);
  app.add_option("--tls", tls, "CERT KEY")->expected(2);
  app.add_option("--client-ca", options.client_ca, "ask clients for a certificate of this authority");
  app.add_option("--outcomes", outcomes,
                 "for the first requests: 503*3,429:retry-after=1,200:delay=50,hang,close,close-unread");
  app.add_option("--otherwise", otherwise, "for the requests after those; default 200");
  app.add_option("--poison", poison, "answer 422 to requests with an event that contains this text");
  app.add_option("--max-body", options.body_bytes_max, "answer 413 to larger bodies");
  app.add_option("--max-events", options.events_max, "answer 413 to more events in one request");
  app.add_option("--log", options.log, "append a line \"id publisher seq\" per accepted event");
  CLI11_PARSE(app, argc, argv);

  options.record = false;
  if (tls.size() == 2) {
    options.tls_cert = tls[0];
    options.tls_key = tls[1];
  }
  if (!poison.empty()) {
    options.poison = [poison](const ReceivedEvent& event) { return event.text.find(poison) != std::string::npos; };
  }
  const auto script = parse_answers(outcomes);
  if (!script) return fail(script.error());
  const auto rest = parse_answers(otherwise);
  if (!rest) return fail(rest.error());

  const sigset_t signals = block_end_signals();
  const auto receiver = Receiver::start(options);
  if (!receiver) return fail(receiver.error());
  (*receiver)->script(*script);
  if (!rest->empty()) (*receiver)->answer_by_default(rest->front());
  std::printf("%u\n", unsigned{(*receiver)->port()});
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*receiver)->stop();
  std::printf("%s\n", (*receiver)->summary().json().c_str());
  return 0;
}
