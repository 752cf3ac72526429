#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/fields/text_fields.h"
#include "connectors/splunk_hec/options.h"
#include "connectors/stores/store.h"

namespace tidegate::splunk_hec {

class HecService final : public stores::StoreService {
 public:
  HecService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor);

  [[nodiscard]] std::string_view content_type() const noexcept override { return "application/json"; }

 protected:
  Status append(const OutEvent& event, std::string& body) override;
  [[nodiscard]] std::size_t body_bytes_max() const noexcept override;
  [[nodiscard]] bool is_success(const http::Reply& reply) const override;
  Settled refusal(const http::Reply& reply, http::Events events) override;
  [[nodiscard]] bool probe_passed(const http::Reply& reply) const override;
  [[nodiscard]] std::string_view probe_body() const noexcept override { return ""; }

 private:
  struct Member {
    std::string name;
    fields::Field value;
  };
  Status append_members(const std::vector<Member>& members, bool& first, std::string& out);

  const Format format_;
  const bool own_index_;  ///< it comes from the events
  fields::TextFields fields_;
  std::vector<Member> members_, indexed_;
  std::string value_;  ///< scratch
};

}  // namespace tidegate::splunk_hec
