#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <utility>

#include "connectors/connector.h"

namespace tidegate {

/// A source whose work is done by a Core on the network thread; this is its life, seen from the supervisor's thread.
/// A Core has `Status restore(Intake&)` (on the supervisor's thread, before everything else; may block on disk), and on
/// the network thread `begin()`, `set_paused(bool)` and `end(done)`, which calls `done` once everything is closed.
template <class Core>
class NetworkSource : public Source {
 public:
  /// `stop_limit`: how long stop() waits for the network thread.
  NetworkSource(const ConnectorContext& context, std::shared_ptr<Core> core, milliseconds stop_limit)
      : context_(context), core_(std::move(core)), stop_limit_(stop_limit) {}
  // NOLINTNEXTLINE(bugprone-exception-escape): see stop()
  ~NetworkSource() override { NetworkSource::stop(); }
  NetworkSource(const NetworkSource&) = delete;
  NetworkSource& operator=(const NetworkSource&) = delete;

  Status start(Intake& intake) override {
    if (life_ == Life::started) return {};
    if (life_ == Life::stopped) return Error{ErrorCode::stopping, "a source that was stopped does not start again"};
    if (Status restored = core_->restore(intake); !restored) return restored;
    life_ = Life::started;
    boost::asio::post(*context_.net, [core = core_] { core->begin(); });
    return {};
  }
  void pause() override { post_paused(true); }
  void resume() override { post_paused(false); }

  // NOLINTNEXTLINE(bugprone-exception-escape): throws only where memory is out, and then ends the process
  void stop() noexcept override {
    if (life_ != Life::started) return;
    life_ = Life::stopped;
    // Shared with the handler: when the network thread does not answer in time, it may still run later.
    const auto done = std::make_shared<std::promise<void>>();
    boost::asio::post(*context_.net, [core = core_, done] { core->end([done] { done->set_value(); }); });
    if (done->get_future().wait_for(stop_limit_) != std::future_status::ready)
      Log("source " + context_.name).warn("the network thread did not close everything in time");
  }

 protected:
  [[nodiscard]] const ConnectorContext& context() const noexcept { return context_; }
  [[nodiscard]] const Core& core() const noexcept { return *core_; }

 private:
  enum class Life : std::uint8_t { made, started, stopped };

  void post_paused(bool paused) {
    if (life_ != Life::started) return;
    boost::asio::post(*context_.net, [core = core_, paused] { core->set_paused(paused); });
  }

  const ConnectorContext& context_;
  const std::shared_ptr<Core> core_;  ///< shared with the network thread's handlers, which may outlive the source
  const milliseconds stop_limit_;
  Life life_ = Life::made;
};

}  // namespace tidegate
