#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "connectors/mqtt_listener/limits.h"
#include "connectors/mqtt_listener/listener.h"
#include "connectors/mqtt_listener/mqtt_listener.h"
#include "gateway/net/acceptor.h"

namespace tidegate {
namespace mqtt_listener {

namespace {

namespace asio = boost::asio;

/// The source of type `mqtt_listener`.
class MqttListener final : public Source {
 public:
  MqttListener(const ConnectorContext& context, ListenerOptions options)
      : context_(context), listener_(std::make_shared<Listener>(context, std::move(options))) {}
  ~MqttListener() override { stop(); }
  MqttListener(const MqttListener&) = delete;
  MqttListener& operator=(const MqttListener&) = delete;

  Status start(Intake& intake) override;
  void pause() override { post_paused(true); }
  void resume() override { post_paused(false); }
  void stop() noexcept override;
  Status probe(Deadline) override { return try_address(listener_->options().listen); }

 private:
  enum class Life : std::uint8_t { made, started, stopped };
  void post_paused(bool paused);

  const ConnectorContext& context_;
  std::shared_ptr<Listener> listener_;
  Life life_ = Life::made;
};

Status MqttListener::start(Intake& intake) {
  if (life_ == Life::started) return {};
  if (life_ == Life::stopped) return Error{ErrorCode::stopping, "a source that was stopped does not start again"};
  if (Status restored = listener_->restore(intake); !restored) return restored;
  life_ = Life::started;
  asio::post(*context_.net, [listener = listener_] { listener->begin(); });
  return {};
}

void MqttListener::post_paused(bool paused) {
  if (life_ != Life::started) return;
  asio::post(*context_.net, [listener = listener_, paused] { listener->set_paused(paused); });
}

void MqttListener::stop() noexcept {
  if (life_ != Life::started) return;
  life_ = Life::stopped;
  // Shared with the handler: when the network thread does not answer in time, it may still run later.
  const auto done = std::make_shared<std::promise<void>>();
  asio::post(*context_.net, [listener = listener_, done] { listener->end([done] { done->set_value(); }); });
  const auto patience = 2 * (limits::kStopReceipts + limits::kStopGoodbye);
  if (done->get_future().wait_for(patience) != std::future_status::ready)
    Log("source " + context_.name).warn("the network thread did not close the connections in time");
}

}  // namespace
}  // namespace mqtt_listener

Result<std::unique_ptr<Source>> make_mqtt_listener(const ConnectorContext& context, const std::any& options) {
  const auto* typed = std::any_cast<mqtt_listener::ListenerOptions>(&options);
  if (typed == nullptr) return Error{ErrorCode::invalid, "options of another type than mqtt_listener"};
  return std::unique_ptr<Source>(std::make_unique<mqtt_listener::MqttListener>(context, *typed));
}

}  // namespace tidegate
