#include <utility>

#include "connectors/http/ingest/ingest.h"
#include "connectors/http/ingest/limits.h"
#include "connectors/http/ingest/server.h"
#include "connectors/net/network_source.h"

namespace tidegate {
namespace ingest {

namespace {

/// The source of type `http`.
class HttpSource final : public NetworkSource<Server> {
 public:
  HttpSource(const ConnectorContext& context, std::shared_ptr<Server> server)
      : NetworkSource(context, std::move(server), 2 * limits::kIngestStopTime) {}

  Status probe(Deadline) override { return try_address(core().options().listen); }
};

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
