#include <gmock/gmock.h>

#include "source_fixture.h"
#include "tests/support/receiver/test_certs.h"

/// Against curl, which nobody here wrote.
namespace tidegate::test {
namespace {

using ::testing::HasSubstr;

class Curl : public HttpSourceTest {
 protected:
  std::string curl(std::vector<std::string> words, const std::string& scheme = "http") {
    std::vector<std::string> argv = {"curl", "-s", "--max-time", "30", "-w", "%{http_code}"};
    for (auto& word : words) {
      if (word.starts_with("/v1/")) word = scheme + "://localhost:" + std::to_string(port_) + word;
      argv.push_back(std::move(word));
    }
    const Finished finished = run(std::move(argv), within(milliseconds{60'000}));
    return finished.output + (finished.status == 0 ? "" : " curl failed with " + std::to_string(finished.status));
  }
  TempDir dir_;
};

TEST_F(Curl, SendsJsonTextFilesAndCloudEvents) {
  start();
  EXPECT_THAT(curl({"--json", "{\"t\":20.5}", "/v1/events"}), HasSubstr("202"));
  EXPECT_THAT(curl({"--data-binary", "20.5", "/v1/topics/plant/7/temperature"}), HasSubstr("202"));
  EXPECT_THAT(curl({"-H", "Content-Type: application/cloudevents+json", "-d", cloud_event("a"), "/v1/events"}),
              ::testing::StartsWith("{\"ids\":[\"a\"]}"));
  EXPECT_THAT(curl({"-H", "ce-specversion: 1.0", "-H", "ce-id: b", "-H", "ce-source: /m", "-H", "ce-type: t", "-H",
                    "Content-Type: text/plain", "-d", "hello", "/v1/events"}),
              ::testing::StartsWith("{\"ids\":[\"b\"]}"));
  const auto big = dir_.write("big", std::string(3 << 20, 'x'));
  EXPECT_THAT(curl({"-T", big.string(), "-X", "POST", "-H", "Expect: 100-continue", "/v1/events"}), HasSubstr("202"));
  const auto stored = intake_.committed();
  ASSERT_EQ(stored.size(), 5u);
  EXPECT_EQ(stored[0].data, "{\"t\":20.5}");
  EXPECT_EQ(stored[1].subject, "plant/7/temperature");
  EXPECT_EQ(stored[4].data.size(), 3u << 20);
}

TEST_F(Curl, ReadsTheRefusalOfABodyThatIsTooLarge) {
  start();
  const auto huge = dir_.write("huge", std::string(11 << 20, 'x'));
  EXPECT_THAT(curl({"--data-binary", "@" + huge.string(), "-H", "Expect:", "/v1/events"}), HasSubstr("413"));
}

TEST_F(Curl, SpeaksTlsWithClientCertificates) {
  const auto certs = testing::make_test_certs(dir_ / "certs");
  ASSERT_TRUE(certs);
  start("tls: { cert_file: " + certs->server_cert.string() + ", key_file: " + certs->server_key.string() +
        ", client_ca_file: " + certs->ca_cert.string() + " }");
  const std::string ca = certs->ca_cert.string();
  EXPECT_THAT(curl({"--cacert", ca, "--cert", certs->client_cert.string(), "--key", certs->client_key.string(), "-d",
                    "x", "/v1/events"},
                   "https"),
              HasSubstr("202"));
  EXPECT_THAT(curl({"--cacert", ca, "-d", "x", "/v1/events"}, "https"), HasSubstr("curl failed"));
  EXPECT_EQ(intake_.committed_count(), 1u);
}

}  // namespace
}  // namespace tidegate::test
