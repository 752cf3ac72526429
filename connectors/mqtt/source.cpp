#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <utility>

#include "connectors/mqtt/limits.h"
#include "connectors/mqtt/mqtt.h"
#include "connectors/mqtt/probe.h"
#include "connectors/mqtt/subscriber.h"

namespace tidegate {
namespace mqtt {

namespace {

namespace asio = boost::asio;

/// The source of type `mqtt`.
class MqttSource final : public Source {
 public:
  MqttSource(const ConnectorContext& context, SourceOptions options);
  ~MqttSource() override;
  MqttSource(const MqttSource&) = delete;
  MqttSource& operator=(const MqttSource&) = delete;

  Status start(Intake& intake) override;
  void pause() override;
  void resume() override;
  void stop() noexcept override;
  /// Under a client id of its own: with the gateway's, it would take over the session of one that runs.
  Status probe(Deadline deadline) override;

 private:
  enum class Life : std::uint8_t { made, started, stopped };
  void post_paused(bool paused);

  const ConnectorContext& context_;
  const SourceOptions options_;
  std::shared_ptr<Subscriber> subscriber_;
  Life life_ = Life::made;
};

MqttSource::MqttSource(const ConnectorContext& context, SourceOptions options)
    : context_(context), options_(std::move(options)), subscriber_(std::make_shared<Subscriber>(context, options_)) {}

MqttSource::~MqttSource() { stop(); }

Status MqttSource::start(Intake& intake) {
  if (life_ == Life::started) return {};
  if (life_ == Life::stopped) return Error{ErrorCode::stopping, "a source that was stopped does not start again"};
  life_ = Life::started;
  subscriber_->restore(intake);
  asio::post(*context_.net, [subscriber = subscriber_] { subscriber->begin(); });
  return {};
}

void MqttSource::post_paused(bool paused) {
  if (life_ != Life::started) return;
  asio::post(*context_.net, [subscriber = subscriber_, paused] { subscriber->set_paused(paused); });
}

void MqttSource::pause() { post_paused(true); }
void MqttSource::resume() { post_paused(false); }

void MqttSource::stop() noexcept {
  if (life_ != Life::started) return;
  life_ = Life::stopped;
  // Shared with the handler: when the network thread does not answer in time, it may still run later.
  const auto done = std::make_shared<std::promise<void>>();
  asio::post(*context_.net, [subscriber = subscriber_, done] { subscriber->end([done] { done->set_value(); }); });
  const auto patience = 2 * (limits::kStopReceipts + limits::kStopGoodbye);
  if (done->get_future().wait_for(patience) != std::future_status::ready)
    Log("source " + context_.name).warn("the network thread did not close the connection in time");
}

Status MqttSource::probe(Deadline deadline) {
  const std::string& id = options_.client_id.empty() ? context_.gateway_id : options_.client_id;
  return probe_broker(options_, id + "-check", *context_.clock, deadline);
}

}  // namespace
}  // namespace mqtt

Result<std::unique_ptr<Source>> make_mqtt_source(const ConnectorContext& context, const std::any& options) {
  const auto* typed = std::any_cast<mqtt::SourceOptions>(&options);
  if (typed == nullptr) return Error{ErrorCode::invalid, "options of another type than mqtt"};
  return std::unique_ptr<Source>(std::make_unique<mqtt::MqttSource>(context, *typed));
}

}  // namespace tidegate
