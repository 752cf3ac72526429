#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/azure_event_hubs/options.h"
#include "connectors/fields/text_fields.h"
#include "connectors/http/service.h"

/// What Event Hubs gets and answers. *Source*: Microsoft, "Event Hubs REST API", send batch events.
namespace tidegate::azure_event_hubs {

/// What the answer to a batch means for its `events`, the `id` left open. A batch is taken whole or not at all.
Settled judge_publish(const http::Reply& reply, std::size_t events, WallTime now);

/// What the answer to an empty batch says. *Errors*: refused, when somebody must mend something; else unavailable.
Status judge_probe(const http::Reply& reply, WallTime now);

/// A batch of the lane is a request, all of one partition key when there is one.
class EventHubsService final : public http::Service {
 public:
  EventHubsService(const SinkOptions& options, const std::string& route);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  [[nodiscard]] std::uint64_t destination(const OutEvent& event) override;
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  /// An empty batch: who may send may send it, and nothing is sent.
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  void begin(http::Request& request) const;
  Status fill_key(const OutEvent& event);
  Status append_event(const OutEvent& event, std::string& out);
  Status append_properties(std::string& out);

  const SinkOptions options_;
  const std::string url_;
  fields::TextFields key_fields_, fields_;
  std::optional<fields::Field> key_;
  std::vector<std::pair<std::string, fields::Field>> properties_;
  std::string partition_key_, scratch_;
};

}  // namespace tidegate::azure_event_hubs
