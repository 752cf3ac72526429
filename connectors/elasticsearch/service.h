#pragma once

#include <string>

#include "connectors/elasticsearch/options.h"
#include "connectors/fields/text_fields.h"
#include "connectors/stores/store.h"

namespace tidegate::elasticsearch {

class BulkService final : public stores::StoreService {
 public:
  BulkService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor);

  [[nodiscard]] std::size_t reply_bytes_max() const noexcept override;
  [[nodiscard]] std::string_view content_type() const noexcept override { return "application/x-ndjson"; }

 protected:
  Status append(const OutEvent& event, std::string& body) override;
  [[nodiscard]] std::size_t body_bytes_max() const noexcept override;
  /// Even when all is well there is an item for each event, and one may be missing.
  [[nodiscard]] bool is_success(const http::Reply& /*reply*/) const override { return false; }
  Settled other_success(const http::Reply& reply, http::Events events) override;
  [[nodiscard]] bool probe_passed(const http::Reply& reply) const override;
  [[nodiscard]] std::string_view probe_body() const noexcept override { return "\n"; }

 private:
  void append_document(const Event& event, std::string& body) const;

  const Action action_;
  const Format format_;
  fields::TextFields fields_;
  const fields::Field index_;
  std::string index_name_;  ///< scratch
};

}  // namespace tidegate::elasticsearch
