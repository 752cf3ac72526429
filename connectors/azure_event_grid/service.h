#pragma once

#include <cstddef>
#include <string>

#include "connectors/azure_event_grid/options.h"
#include "connectors/http/service.h"

/// What Event Grid gets and answers. *Source*: Microsoft, "CloudEvents v1.0 schema with Azure Event Grid"; "Event Grid
/// data plane REST API".
namespace tidegate::azure_event_grid {

/// What the answer to a batch means for its `events`, the `id` left open. A batch is taken whole or not at all.
Settled judge_publish(const http::Reply& reply, std::size_t events, WallTime now);

/// What the answer to an empty batch says. *Errors*: refused, when somebody must mend something; else unavailable.
Status judge_probe(const http::Reply& reply, WallTime now);

/// A batch of the lane is a batch of CloudEvents.
class EventGridService final : public http::Service {
 public:
  explicit EventGridService(const SinkOptions& options) : url_(publish_url(options)) {}

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  /// An empty batch: who may publish may send it, and nothing is published.
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const;

  const std::string url_;
};

}  // namespace tidegate::azure_event_grid
