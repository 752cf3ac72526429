#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/elasticsearch/elasticsearch.h"
#include "connectors/influxdb/influxdb.h"
#include "connectors/loki/loki.h"
#include "connectors/splunk_hec/splunk_hec.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/sink/receiver_harness.h"

namespace tidegate::testing {
namespace {

/// What makes one store of them.
struct Store {
  const OptionTable* (*options)();
  Result<std::unique_ptr<Sink>> (*make)(const ConnectorContext&, const std::any&);
  std::string yaml;                           ///< with every id in the request, once
  Answer (*answer)(const std::string& body);  ///< of a store that takes everything
};

Answer answer_of(unsigned status, std::string body = {}) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

class StoreHarness final : public ReceiverHarness {
 public:
  explicit StoreHarness(Store store) : ReceiverHarness(taking(store)), store_(std::move(store)) {}

  std::unique_ptr<Sink> to_peer() override { return make(fmt::format("url: {}", peer_->url("/"))); }
  std::unique_ptr<Sink> to_nobody() override {
    return make(fmt::format("url: http://127.0.0.1:{}/", refusing_.number()));
  }
  std::unique_ptr<Sink> to_silence(milliseconds timeout) override {
    return make(fmt::format("url: {}\ntimeout: {{total: {}ms}}", silence_->url("/"), timeout.count()));
  }
  /// A TLS handshake that nobody answers.
  std::unique_ptr<Sink> to_limbo() override { return make(fmt::format("url: https://127.0.0.1:{}/", mute_.number())); }
  std::vector<std::string> arrived() override {
    std::vector<std::string> ids;
    for (const ReceivedRequest& request : peer_->requests()) {
      constexpr std::string_view kId = "event-";
      for (std::size_t at = 0; (at = request.body.find(kId, at)) != std::string::npos;) {
        const std::size_t end = request.body.find_first_not_of("0123456789", at + kId.size());
        ids.push_back(request.body.substr(at, end - at));
        at = end;
      }
    }
    return ids;
  }

 private:
  static ReceiverOptions taking(const Store& store) {
    ReceiverOptions options;
    options.respond = [answer = store.answer](const ReceivedRequest& request) { return answer(request.body); };
    return options;
  }
  std::unique_ptr<Sink> make(const std::string& yaml) {
    auto options = parse_text(*store_.options(), yaml + "\n" + store_.yaml);
    EXPECT_TRUE(options) << options.error().message;
    auto sink = store_.make(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }

  const Store store_;
};

Answer bulk_answer(const std::string& body) {
  const auto lines = std::ranges::count(body, '\n');
  if (lines < 2) return answer_of(400, R"({"error":{"type":"parse_exception","reason":"request body is required"}})");
  std::string items;
  for (auto i = 0; i < lines / 2; ++i)
    items += items.empty() ? R"({"create":{"status":201}})" : R"(,{"create":{"status":201}})";
  return answer_of(200, R"({"items":[)" + items + "]}");
}

Answer hec_answer(const std::string& body) {
  return body.empty() ? answer_of(400, R"({"text":"No data","code":5})")
                      : answer_of(200, R"({"text":"Success","code":0})");
}

Answer no_content(const std::string& /*body*/) { return answer_of(204); }

}  // namespace

std::unique_ptr<SinkHarness> make_influxdb_harness() {
  return std::make_unique<StoreHarness>(Store{influxdb_sink_options, make_influxdb_sink,
                                              "database: d\nmeasurement: m\nfields: { id: '${id}', v: '${data}' }",
                                              no_content});
}

std::unique_ptr<SinkHarness> make_elasticsearch_harness() {
  return std::make_unique<StoreHarness>(
      Store{elasticsearch_sink_options, make_elasticsearch_sink, "index: i", bulk_answer});
}

std::unique_ptr<SinkHarness> make_splunk_hec_harness() {
  return std::make_unique<StoreHarness>(
      Store{splunk_hec_sink_options, make_splunk_hec_sink, "token: t\nfields: { id: '${id}' }", hec_answer});
}

std::unique_ptr<SinkHarness> make_loki_harness() {
  return std::make_unique<StoreHarness>(
      Store{loki_sink_options, make_loki_sink, "labels: { a: b }\nmetadata: { id: '${id}' }", no_content});
}

}  // namespace tidegate::testing
