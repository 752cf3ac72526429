#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/auth/aws_sigv4.h"

/// Measures signatures on one thread, the hash of the body included: signing_bench [--runs N] [--quick] [--json]. Of
/// each figure the median of the runs. Seconds are those that the thread had of a processor.
namespace tidegate::bench {
namespace {

using namespace std::chrono_literals;

struct Arguments {
  int runs = 5;
  bool quick = false;
  bool json = false;
};

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Signatures per second, of requests as a sink sends them: time goes on, and each body is another one.
double measure(const Arguments& arguments, std::size_t body_bytes) {
  auto signer = auth::SigV4Signer::create(auth::SigV4Scope::of("eu-central-1", "sqs"));
  if (!signer) std::exit(1);
  const auth::AwsKeys keys{"ASIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                           Secret(std::string(400, 't'))};
  const std::vector<auth::HeaderField> headers{{"Host", "sqs.eu-central-1.amazonaws.com"},
                                               {"Content-Type", "application/x-amz-json-1.0"},
                                               {"X-Amz-Target", "AmazonSQS.SendMessageBatch"}};
  const int count = arguments.quick ? 10'000 : 400'000;
  std::vector<double> rates;
  std::string body(body_bytes, 'x');
  for (int run = 0; run < arguments.runs; ++run) {
    const double begin = processor_seconds();
    for (int i = 0; i < count; ++i) {
      body[static_cast<std::size_t>(i) % body.size()] = static_cast<char>('a' + i % 26);
      const WallTime now{std::chrono::sys_days{2026y / 1 / 2} + i * 2ms};
      if (!signer->sign({"POST", "/", headers, {body, {}}}, keys, now)) std::exit(1);
    }
    rates.push_back(count / (processor_seconds() - begin));
  }
  std::ranges::sort(rates);
  return rates[rates.size() / 2];
}

void print(const Arguments& arguments) {
  std::string text;
  for (const auto& [name, bytes] : {std::pair("1 KiB body", 1024u), std::pair("256 KiB body", 256u << 10)}) {
    Arguments fewer = arguments;
    fewer.quick = arguments.quick || bytes > 1024;
    const double rate = measure(fewer, bytes);
    text += arguments.json ? fmt::format("{}\"{}\": {{\"value\": {:.0f}, \"unit\": \"/s\"}}", text.empty() ? "{" : ", ",
                                         name, rate)
                           : fmt::format("{:<20} {:>10.0f} /s\n", name, rate);
  }
  std::fputs((text + (arguments.json ? "}\n" : "")).c_str(), stdout);
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  tidegate::bench::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      arguments.json = true;
    } else if (argument == "--quick") {
      arguments.quick = true;
    } else if (argument == "--runs" && i + 1 < argc) {
      arguments.runs = std::max(1, std::atoi(argv[++i]));
    } else {
      std::fputs("usage: signing_bench [--runs N] [--quick] [--json]\n", stderr);
      return 2;
    }
  }
  tidegate::bench::print(arguments);
  return 0;
}
