#include "tests/bench/gateway/kafka.h"

#include <fmt/format.h>

#include "tests/bench/gateway/listener.h"
#include "tests/support/kafka/mock_cluster.h"

namespace tidegate::bench {
namespace {

constexpr int kPartitions = 12;

}  // namespace

Result<Flow> measure_kafka(const std::filesystem::path& bin, std::uint64_t count) {
  testing::MockCluster cluster;
  cluster.create_topic("events", kPartitions);
  const std::string sink =
      fmt::format("    type: kafka\n    brokers: \"{}\"\n    topic: events\n", cluster.bootstrap());
  auto flow = measure_listener(bin, count, sink);
  if (!flow) return flow;
  const std::uint64_t kept = testing::MockReader(cluster.bootstrap(), "events", kPartitions).written();
  if (kept < count) return Error{ErrorCode::corrupt, fmt::format("the cluster has {} of {} events", kept, count)};
  return flow;
}

}  // namespace tidegate::bench
