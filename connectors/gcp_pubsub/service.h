#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/fields/text_fields.h"
#include "connectors/gcp_pubsub/options.h"
#include "connectors/http/service.h"

namespace tidegate::gcp_pubsub {

/// A batch is a publish request, an event a message. *Source*: Google Cloud, "Pub/Sub REST API", PubsubMessage; the
/// Pub/Sub protocol binding for CloudEvents (working draft).
class PubsubService final : public http::Service {
 public:
  PubsubService(const SinkOptions& options, const std::string& route);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  [[nodiscard]] const std::string& url() const noexcept override { return publish_url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) override;
  /// Asks which permissions the account has on the topic, which everybody may.
  bool write_probe(http::Request& request) override;
  Status judge_probe(const http::Reply& reply, WallTime now) override;

 private:
  Status append_message(const OutEvent& event, std::string& out, std::size_t& bytes);
  Status add_attribute(std::string_view name, std::string_view value);
  Status add_attributes(const OutEvent& event);

  const SinkOptions options_;
  const std::string topic_;  ///< "projects/PROJECT/topics/TOPIC"
  const std::string publish_url_, probe_url_;
  fields::TextFields fields_;
  std::optional<fields::Field> ordering_key_;
  std::vector<std::pair<std::string, fields::Field>> texts_;

  // Of the message being written.
  std::string attributes_;  ///< the members of its JSON object
  std::size_t attribute_count_ = 0, attribute_bytes_ = 0;
  std::string scratch_;
};

}  // namespace tidegate::gcp_pubsub
