#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/auth/aws_sigv4.h"
#include "tests/bench/figures/figures.h"

/// Measures signatures on one thread, the hash of the body included. Seconds are those that the thread had of a
/// processor.
namespace tidegate::bench {
namespace {

using namespace std::chrono_literals;

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
  return median(rates);
}

Figures measure_all(const Arguments& arguments) {
  Figures figures;
  for (const auto& [name, bytes] : {std::pair("1 KiB body", 1024u), std::pair("256 KiB body", 256u << 10)}) {
    Arguments fewer = arguments;
    fewer.quick = arguments.quick || bytes > 1024;
    figures.push_back({name, "/s", measure(fewer, bytes)});
  }
  return figures;
}

}  // namespace
}  // namespace tidegate::bench

int main(int argc, char** argv) {
  using namespace tidegate::bench;
  return measure_and_print(argc, argv, "Signatures of AWS on one thread, the hash of the body included.", 5,
                           measure_all);
}
