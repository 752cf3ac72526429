#include <utility>

#include "connectors/mqtt/limits.h"
#include "connectors/mqtt/mqtt.h"
#include "connectors/mqtt/probe.h"
#include "connectors/mqtt/subscriber.h"
#include "connectors/net/network_source.h"

namespace tidegate {
namespace mqtt {

namespace {

/// The source of type `mqtt`.
class MqttSource final : public NetworkSource<Subscriber> {
 public:
  MqttSource(const ConnectorContext& context, SourceOptions options)
      : NetworkSource(context, std::make_shared<Subscriber>(context, options),
                      2 * (limits::kStopReceipts + limits::kStopGoodbye)),
        options_(std::move(options)) {}

  /// Under a client id of its own: with the gateway's, it would take over the session of one that runs.
  Status probe(Deadline deadline) override;

 private:
  const SourceOptions options_;
};

Status MqttSource::probe(Deadline deadline) {
  const std::string& id = options_.client_id.empty() ? context().gateway_id : options_.client_id;
  return probe_broker(options_, id + "-check", *context().clock, deadline);
}

}  // namespace
}  // namespace mqtt

Result<std::unique_ptr<Source>> make_mqtt_source(const ConnectorContext& context, const std::any& options) {
  const auto* typed = std::any_cast<mqtt::SourceOptions>(&options);
  if (typed == nullptr) return Error{ErrorCode::invalid, "options of another type than mqtt"};
  return std::unique_ptr<Source>(std::make_unique<mqtt::MqttSource>(context, *typed));
}

}  // namespace tidegate
