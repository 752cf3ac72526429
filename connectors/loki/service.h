#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/fields/text_fields.h"
#include "connectors/loki/options.h"
#include "connectors/stores/store.h"

namespace tidegate::loki {

/// The sets of labels that were used lately.
class Streams {
 public:
  Streams(std::size_t max, const Clock& clock) : max_(max), clock_(clock) {}
  /// False: it would be one too many.
  bool use(const std::string& labels);

 private:
  const std::size_t max_;
  const Clock& clock_;
  std::unordered_map<std::string, SteadyTime> used_;
  SteadyTime swept_ = SteadyTime::min();
};

class PushService final : public stores::StoreService {
 public:
  PushService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor);

  [[nodiscard]] std::string_view content_type() const noexcept override { return "application/json"; }

 protected:
  void begin(std::string& body) override;
  Status append(const OutEvent& event, std::string& body) override;
  void end(std::string& body) override;
  void add_headers(http::HeaderLines& headers) const override;
  [[nodiscard]] std::size_t body_bytes_max() const noexcept override;
  [[nodiscard]] bool is_success(const http::Reply& reply) const override;
  Settled refusal(const http::Reply& reply, http::Events events) override;
  [[nodiscard]] bool probe_passed(const http::Reply& reply) const override;
  [[nodiscard]] std::string_view probe_body() const noexcept override { return R"({"streams":[]})"; }

 private:
  struct Member {
    std::string name;
    fields::Field value;
  };
  /// A stream of the request that is being written: its labels and its values, as JSON.
  struct Group {
    std::string labels;
    std::string values;
  };
  Status append_object(const std::vector<Member>& members, std::size_t bytes_max, std::string& out);

  const Format format_;
  const std::string tenant_;
  const std::size_t max_streams_;
  Streams streams_;
  fields::TextFields fields_;
  std::vector<Member> labels_, metadata_;
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::size_t> group_of_;
  std::string value_, object_, line_;  ///< scratch
};

}  // namespace tidegate::loki
