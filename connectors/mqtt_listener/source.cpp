#include <utility>

#include "connectors/mqtt_listener/limits.h"
#include "connectors/mqtt_listener/listener.h"
#include "connectors/mqtt_listener/mqtt_listener.h"
#include "connectors/net/network_source.h"
#include "gateway/net/acceptor.h"

namespace tidegate {
namespace mqtt_listener {

namespace {

/// The source of type `mqtt_listener`.
class MqttListener final : public NetworkSource<Listener> {
 public:
  MqttListener(const ConnectorContext& context, ListenerOptions options)
      : NetworkSource(context, std::make_shared<Listener>(context, std::move(options)),
                      2 * (limits::kStopReceipts + limits::kStopGoodbye)) {}

  Status probe(Deadline) override { return try_address(core().options().listen); }
};

}  // namespace
}  // namespace mqtt_listener

Result<std::unique_ptr<Source>> make_mqtt_listener(const ConnectorContext& context, const std::any& options) {
  const auto* typed = std::any_cast<mqtt_listener::ListenerOptions>(&options);
  if (typed == nullptr) return Error{ErrorCode::invalid, "options of another type than mqtt_listener"};
  return std::unique_ptr<Source>(std::make_unique<mqtt_listener::MqttListener>(context, *typed));
}

}  // namespace tidegate
