#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/http/http.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/sink/receiver_harness.h"

namespace tidegate::testing {
namespace {

class HttpHarness final : public ReceiverHarness {
 public:
  std::unique_ptr<Sink> to_peer() override { return make(fmt::format("url: {}", peer_->url())); }
  std::unique_ptr<Sink> to_nobody() override {
    return make(fmt::format("url: http://127.0.0.1:{}/", refusing_.number()));
  }
  std::unique_ptr<Sink> to_silence(milliseconds timeout) override {
    return make(fmt::format("url: {}\ntimeout: {{total: {}ms}}", silence_->url(), timeout.count()));
  }
  /// A TLS handshake that nobody answers.
  std::unique_ptr<Sink> to_limbo() override { return make(fmt::format("url: https://127.0.0.1:{}/", mute_.number())); }
  std::vector<std::string> arrived() override { return peer_->accepted_ids(); }

 private:
  std::unique_ptr<Sink> make(const std::string& yaml) {
    auto options = parse_text(*http_sink_options(), yaml);
    EXPECT_TRUE(options) << options.error().message;
    auto sink = make_http_sink(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }
};

}  // namespace

std::unique_ptr<SinkHarness> make_http_harness() { return std::make_unique<HttpHarness>(); }

}  // namespace tidegate::testing
