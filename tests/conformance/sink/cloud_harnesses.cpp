// Sinks that speak HTTP to a service of a cloud: what differs is how a peer says yes, and where it finds the ids.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>

#include "connectors/aws_s3/aws_s3.h"
#include "connectors/azure_event_grid/azure_event_grid.h"
#include "connectors/azure_event_hubs/azure_event_hubs.h"
#include "connectors/gcp_pubsub/gcp_pubsub.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/sink/receiver_harness.h"

namespace tidegate::testing {
namespace {

using nlohmann::json;
using Ids = std::vector<std::string>;

/// One kind of service.
struct Cloud {
  const OptionTable* (*options)();
  Result<std::unique_ptr<Sink>> (*make)(const ConnectorContext&, const std::any&);
  std::string_view yaml;  ///< besides `endpoint` and `timeout`
  /// What the service says to a request, and the ids of the events in it.
  Answer (*answer)(const ReceivedRequest& request, Ids& ids);
};

Answer reply(unsigned status, std::string body = {}) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

Answer s3(const ReceivedRequest& request, Ids& ids) {
  if (request.method != "PUT") return reply(404, "<Error><Code>NoSuchUpload</Code></Error>");
  std::istringstream lines(request.body);
  for (std::string line; std::getline(lines, line);) ids.push_back(json::parse(line).at("id"));
  Answer answer = reply(200);
  answer.headers = {{"ETag", "\"0\""}};
  return answer;
}

Answer pubsub(const ReceivedRequest& request, Ids& ids) {
  if (!request.target.ends_with(":publish")) return reply(200, R"({"permissions":["pubsub.topics.publish"]})");
  const json body = json::parse(request.body);
  json taken = json::array();
  for (const json& message : body.at("messages")) {
    ids.push_back(message.at("attributes").at("ce-id"));
    taken.push_back(std::to_string(taken.size()));
  }
  return reply(200, json{{"messageIds", taken}}.dump());
}

Answer event_grid(const ReceivedRequest& request, Ids& ids) {
  for (const json& event : json::parse(request.body)) ids.push_back(event.at("id"));
  return reply(200);
}

Answer event_hubs(const ReceivedRequest& request, Ids& ids) {
  for (const json& event : json::parse(request.body)) {
    ids.push_back(json::parse(event.at("Body").get<std::string>()).at("id"));
  }
  return reply(201);
}

class CloudHarness final : public ReceiverHarness {
 public:
  explicit CloudHarness(const Cloud& cloud) : ReceiverHarness(taking(this)), cloud_(cloud) {}
  ~CloudHarness() override { peer_->stop(); }

  std::unique_ptr<Sink> to_peer() override { return make(peer_->url("")); }
  std::unique_ptr<Sink> to_nobody() override { return make(fmt::format("http://127.0.0.1:{}", refusing_.number())); }
  std::unique_ptr<Sink> to_silence(milliseconds timeout) override {
    return make(silence_->url(""), fmt::format("timeout: {{total: {}ms}}\n", timeout.count()));
  }
  std::unique_ptr<Sink> to_limbo() override { return make(fmt::format("https://127.0.0.1:{}", mute_.number())); }
  Ids arrived() override {
    const std::lock_guard lock(mutex_);
    return ids_;
  }

 private:
  static ReceiverOptions taking(CloudHarness* harness) {
    ReceiverOptions options;
    options.respond = [harness](const ReceivedRequest& request) {
      const std::lock_guard lock(harness->mutex_);
      return harness->cloud_.answer(request, harness->ids_);
    };
    return options;
  }
  std::unique_ptr<Sink> make(const std::string& endpoint, const std::string& more = {}) {
    auto options = parse_text(*cloud_.options(), fmt::format("endpoint: {}\n{}{}", endpoint, cloud_.yaml, more));
    EXPECT_TRUE(options) << options.error().message;
    auto sink = cloud_.make(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }

  const Cloud cloud_;
  std::mutex mutex_;
  Ids ids_;
};

}  // namespace

std::unique_ptr<SinkHarness> make_aws_s3_harness() {
  return std::make_unique<CloudHarness>(Cloud{aws_s3_sink_options, make_aws_s3_sink,
                                              "bucket: archive\nregion: eu-central-1\nkey: all\n"
                                              "credentials: {type: keys, access_key_id: A, secret_access_key: s}\n",
                                              s3});
}
std::unique_ptr<SinkHarness> make_gcp_pubsub_harness() {
  return std::make_unique<CloudHarness>(
      Cloud{gcp_pubsub_sink_options, make_gcp_pubsub_sink, "project: plant\ntopic: readings\n", pubsub});
}
std::unique_ptr<SinkHarness> make_azure_event_grid_harness() {
  return std::make_unique<CloudHarness>(
      Cloud{azure_event_grid_sink_options, make_azure_event_grid_sink, "", event_grid});
}
std::unique_ptr<SinkHarness> make_azure_event_hubs_harness() {
  return std::make_unique<CloudHarness>(
      Cloud{azure_event_hubs_sink_options, make_azure_event_hubs_sink, "hub: readings\n", event_hubs});
}

}  // namespace tidegate::testing
