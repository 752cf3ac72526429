#pragma once

#include <string>

#include "connectors/influxdb/options.h"
#include "connectors/influxdb/point_writer.h"
#include "connectors/stores/store.h"

namespace tidegate::influxdb {

class InfluxService final : public stores::StoreService {
 public:
  InfluxService(const SinkOptions& options, const ConnectorContext& context, Compressor compressor);

  [[nodiscard]] std::size_t reply_bytes_max() const noexcept override;
  [[nodiscard]] std::string_view content_type() const noexcept override { return "text/plain; charset=utf-8"; }

 protected:
  Status append(const OutEvent& event, std::string& body) override { return points_.append(event, body); }
  [[nodiscard]] std::size_t body_bytes_max() const noexcept override;
  [[nodiscard]] bool is_success(const http::Reply& reply) const override { return reply.status == 204; }
  Settled refusal(const http::Reply& reply, http::Events events) override;
  [[nodiscard]] bool probe_passed(const http::Reply& reply) const override;
  [[nodiscard]] std::string_view probe_body() const noexcept override { return "# a comment, and no point\n"; }

 private:
  PointWriter points_;
};

}  // namespace tidegate::influxdb
