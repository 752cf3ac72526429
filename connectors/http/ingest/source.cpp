#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <utility>

#include "connectors/http/ingest/ingest.h"
#include "connectors/http/ingest/limits.h"
#include "connectors/http/ingest/server.h"

namespace tidegate {
namespace ingest {

namespace {

namespace asio = boost::asio;

/// The source of type `http`.
class HttpSource final : public Source {
 public:
  HttpSource(const ConnectorContext& context, std::shared_ptr<Server> server)
      : context_(context), server_(std::move(server)) {}
  ~HttpSource() override { stop(); }
  HttpSource(const HttpSource&) = delete;
  HttpSource& operator=(const HttpSource&) = delete;

  Status start(Intake& intake) override {
    if (life_ == Life::started) return {};
    if (life_ == Life::stopped) return Error{ErrorCode::stopping, "a source that was stopped does not start again"};
    life_ = Life::started;
    server_->restore(intake);
    asio::post(*context_.net, [server = server_] { server->begin(); });
    return {};
  }
  void pause() override { post_paused(true); }
  void resume() override { post_paused(false); }
  void stop() noexcept override;
  Status probe(Deadline) override { return try_address(server_->options().listen); }

 private:
  enum class Life : std::uint8_t { made, started, stopped };
  void post_paused(bool paused) {
    if (life_ != Life::started) return;
    asio::post(*context_.net, [server = server_, paused] { server->set_paused(paused); });
  }

  const ConnectorContext& context_;
  const std::shared_ptr<Server> server_;  ///< shared with the network thread's handlers, which may outlive the source
  Life life_ = Life::made;
};

void HttpSource::stop() noexcept {
  if (life_ != Life::started) return;
  life_ = Life::stopped;
  // Shared with the handler: when the network thread does not answer in time, it may still run later.
  const auto done = std::make_shared<std::promise<void>>();
  asio::post(*context_.net, [server = server_, done] { server->end([done] { done->set_value(); }); });
  if (done->get_future().wait_for(2 * limits::kIngestStopTime) != std::future_status::ready)
    Log("source " + context_.name).warn("the network thread did not close the connections in time");
}

}  // namespace
}  // namespace ingest

const OptionTable* http_source_options() { return &ingest::source_table(); }

Result<std::unique_ptr<Source>> make_http_source(const ConnectorContext& context, const std::any& options) {
  const auto& given = std::any_cast<const ingest::SourceOptions&>(options);
  auto gatekeeper = ingest::Gatekeeper::create(given);
  if (!gatekeeper) return std::move(gatekeeper).error();
  std::shared_ptr<boost::asio::ssl::context> tls;
  if (given.tls) {
    auto made = make_server_tls(*given.tls);
    if (!made) return std::move(made).error();
    tls = *std::move(made);
  }
  auto server = std::make_shared<ingest::Server>(context, given, *std::move(gatekeeper), std::move(tls));
  return std::unique_ptr<Source>(new ingest::HttpSource(context, std::move(server)));
}

}  // namespace tidegate
