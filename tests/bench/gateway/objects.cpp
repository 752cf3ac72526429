#include "tests/bench/gateway/objects.h"

#include <fmt/format.h>

#include <array>

#include "tests/bench/gateway/rig.h"
#include "tests/support/bucket/bucket.h"

namespace tidegate::bench {
namespace {

constexpr milliseconds kFlowLimit{900'000};
constexpr milliseconds kSubscribeLimit{30'000};
/// Topics of the load; the key of the objects does not depend on them.
constexpr std::uint32_t kTopics = 100;

std::string config(const test::GatewayProcess& gateway, std::uint16_t broker, const std::string& store) {
  return gateway.preamble() + fmt::format(R"(spool: {{ max_bytes: 8GiB }}
sources:
  plant-floor:
    type: mqtt
    broker: mqtt://127.0.0.1:{}
    subscribe: [ {{ topic: "sensors/#", qos: 1 }} ]
sinks:
  archive:
    type: aws_s3
    bucket: archive
    region: eu-central-1
    endpoint: {}
    credentials: {{ type: keys, access_key_id: AKIDEXAMPLE, secret_access_key: not-a-secret }}
    compression: zstd
    batch: {{ max_wait: 1s }}
    retry: {{ initial: 100ms, max: 1s }}
    breaker: {{ failures: 0 }}
routes:
  all: {{ topic: "sensors/#", to: archive }}
)",
                                          broker, store);
}

}  // namespace

Result<ObjectFlow> measure_objects(const std::filesystem::path& bin, std::uint64_t events) {
  const test::TempDir dir;
  testing::BucketOptions store_options;
  store_options.keep_bytes = false;
  auto store = testing::Bucket::start(store_options);
  if (!store) return store.error();
  const std::array writes{testing::BucketCall::put_object, testing::BucketCall::create_upload};
  for (const testing::BucketCall call : writes) (*store)->answer_all(call, testing::s3_error(503, "SlowDown"));
  auto broker = start_broker(dir.path());
  if (!broker) return broker.error();
  test::GatewayProcess gateway(bin / "tidegate", dir.path());
  gateway.configure(config(gateway, (*broker)->port(), (*store)->url()));
  if (auto up = gateway.start_ready(); !up) return up.error();
  if (!test::wait_until(test::within(kSubscribeLimit),
                        [&] { return gateway.state_of("source plant-floor") == "ok"; })) {
    return Error{ErrorCode::timeout, "the gateway did not subscribe:\n" + gateway.log()};
  }

  test::PublisherOptions load;
  load.port = (*broker)->port();
  load.count = events;
  load.keys = kTopics;
  load.payload_bytes = kArchivedPayloadBytes;
  if (const auto report = test::publish(load, {}); !report.trouble.empty()) {
    return Error{ErrorCode::unavailable, report.trouble};
  }
  const auto reached = [&](const char* entry) {
    return test::wait_until(test::within(kFlowLimit),
                            [&] { return !gateway.running() || gateway.books(entry).value_or(0) >= events; }) &&
           gateway.running();
  };
  if (!reached("pending")) return Error{ErrorCode::timeout, "not everything was taken in:\n" + gateway.log()};
  const auto from = std::chrono::steady_clock::now();
  for (const testing::BucketCall call : writes) (*store)->answer_all(call, std::nullopt);
  if (!reached("delivered")) return Error{ErrorCode::timeout, "not everything was delivered:\n" + gateway.log()};
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  ObjectFlow flow;
  flow.rss_peak_mib = static_cast<double>(test::usage_of(gateway.pid()).rss_peak_kib) / kKibPerMib;
  flow.mib_per_second = static_cast<double>(events * kArchivedPayloadBytes) / (1u << 20) / seconds;
  flow.objects = static_cast<double>((*store)->totals().objects);
  gateway.stop();
  return flow;
}

}  // namespace tidegate::bench
