// docs/send-to-the-cloud.md, step by step, with the config that it is about: config/cloud-site.yaml, and the lines that
// its last section adds. What differs are addresses, times, and the authority that signed the test's certificates.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>

#include "gateway/base/mutex.h"
#include "tests/e2e/site.h"
#include "tests/support/aws/fake_aws.h"
#include "tests/support/bucket/bucket.h"
#include "tests/support/receiver/bodies.h"

namespace tidegate::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using testing::Answer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using testing::ReceivedRequest;

constexpr std::string_view kSecret = "whsec_VGhlIHBhcnRuZXIgYW5kIHBsYW50IDcga25vdyBpdA==";
constexpr std::string_view kAlarmTopic = "sensors/hall-2/t1/alarm";

const std::filesystem::path kSource = TIDEGATE_SOURCE_DIR;

Answer answer(unsigned status, std::string body = {}) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

/// Puts `to` in place of `from`, which must be there so often.
void replace(std::string& text, std::string_view from, const std::string& to, int times = 1) {
  int found = 0;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size(), ++found) {
    text.replace(at, from.size(), to);
  }
  EXPECT_EQ(found, times) << from;
}

/// What is between the first `open` after `from` and the next `close`.
std::string between(const std::string& text, std::string_view from, std::string_view open, std::string_view close) {
  const std::size_t start = text.find(open, text.find(from)) + open.size();
  const std::size_t end = text.find(close, start);
  EXPECT_NE(end, std::string::npos) << from << open;
  return text.substr(start, end - start);
}

/// A receiver that believes only what is signed as Standard Webhooks says. *Source*: its specification 1.0.0.
class Partner {
 public:
  Answer take(const ReceivedRequest& request) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto header = [&](const char* name) {
      const auto found = request.headers.find(name);
      return found == request.headers.end() ? std::string() : found->second;
    };
    const std::string id = header("webhook-id"), timestamp = header("webhook-timestamp");
    const json event = json::parse(request.body, nullptr, false);
    std::string fault;
    if (header("webhook-signature") != "v1," + signature(id + "." + timestamp + "." + request.body)) {
      fault = "a wrong signature";
    } else if (!is_recent(timestamp)) {
      fault = "an old timestamp";
    } else if (!event.is_object() || event.value("id", "") != id) {
      fault = "the id of another event";
    }
    if (!fault.empty()) {
      refusals_.push_back(fault + ": " + request.body);
      return answer(400, fault);
    }
    alarms_.push_back(event);
    return answer(204);
  }
  [[nodiscard]] std::vector<json> alarms() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return alarms_;
  }
  [[nodiscard]] std::vector<std::string> refusals() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return refusals_;
  }

 private:
  static std::string signature(const std::string& signed_text) {
    const std::string key = testing::decode_base64(kSecret.substr(std::string_view("whsec_").size()));
    std::array<unsigned char, 32> mac{};
    std::array<unsigned char, 45> text{};
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(), nullptr);
    EVP_EncodeBlock(text.data(), mac.data(), static_cast<int>(mac.size()));
    return {reinterpret_cast<const char*>(text.data())};
  }
  static bool is_recent(const std::string& timestamp) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(SystemClock().wall().time_since_epoch());
    return std::abs(now.count() - std::strtoll(timestamp.c_str(), nullptr, 10)) <= 300;
  }

  mutable Mutex mutex_;
  std::vector<json> alarms_ GUARDED_BY(mutex_);
  std::vector<std::string> refusals_ GUARDED_BY(mutex_);
};

/// What a test calls an event: a load program's by its marker, an alarm by its payload.
std::string name_of(const json& event) {
  const json& data = event.at("data");
  return data.contains("m") ? data["m"].get<std::string>().substr(0, 18) : "alarm " + data.at("n").dump();
}

/// In their order, so that two of these are equal when both have the same events equally often.
std::vector<std::string> names_of(const std::vector<json>& events) {
  std::vector<std::string> names;
  for (const json& event : events) names.push_back(name_of(event));
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> ids_of(const std::vector<json>& events) {
  std::vector<std::string> ids;
  for (const json& event : events) ids.push_back(event.at("id"));
  std::ranges::sort(ids);
  return ids;
}

/// The names that `events` of Site::publish have.
void append_readings(std::vector<std::string>& names, std::uint32_t publisher, int events) {
  for (int seq = 1; seq <= events; ++seq) names.push_back(fmt::format("EVT:{:04}:{:09}", publisher, seq));
}

class CloudSite : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::BucketOptions bucket;
    bucket.name = "example-plant-archive";
    auto archive = testing::Bucket::start(bucket);
    ASSERT_TRUE(archive) << archive.error().message;
    archive_ = *std::move(archive);
    testing::ReceiverOptions things;
    things.client_ca = site_.certs.ca_cert;
    things.respond = [](const ReceivedRequest& request) {
      if (request.target != "/role-aliases/tidegate-plant/credentials") return answer(404);
      return answer(200, R"({"credentials":{"accessKeyId":"ASIAPLANT7","secretAccessKey":"secret",)"
                         R"("sessionToken":"token-of-plant-7","expiration":"2099-01-01T00:00:00Z"}})");
    };
    provider_ = listen(std::move(things));
    maintenance_ = listen({});
    ASSERT_TRUE(provider_ && maintenance_);
    const std::filesystem::path folder = site_.gateway.config_path().parent_path();
    for (const char* name : {"tls", "secrets"}) std::filesystem::create_directory(folder / name);
    std::filesystem::copy_file(site_.certs.client_cert, folder / "tls/plant-7.pem");
    std::filesystem::copy_file(site_.certs.client_key, folder / "tls/plant-7.key");
    test::write_file(folder / "secrets/webhook-secrets", std::string(kSecret) + "\n");
    test::write_file(folder / "secrets/maintenance-token", "token-of-maintenance\n");
  }

  std::unique_ptr<testing::Receiver> listen(testing::ReceiverOptions options) const {
    options.tls_cert = site_.certs.server_cert;
    options.tls_key = site_.certs.server_key;
    auto started = testing::Receiver::start(std::move(options));
    EXPECT_TRUE(started) << started.error().message;
    return started ? *std::move(started) : nullptr;
  }

  [[nodiscard]] std::string ours() const { return "ca_file: " + site_.certs.ca_cert.string(); }

  [[nodiscard]] std::string shipped_config() const {
    std::string yaml = test::read_file(kSource / "config/cloud-site.yaml");
    replace(yaml, "data_dir: /var/lib/tidegate",
            fmt::format("data_dir: {}\n  admin: {{ listen: \"unix:{}\" }}", site_.gateway.data_dir().string(),
                        site_.gateway.admin().string()));
    replace(yaml, "mqtt://127.0.0.1:1883", site_.broker->uri());
    replace(yaml, "https://c1234567890abc.credentials.iot.eu-central-1.amazonaws.com", provider_->url(""), 2);
    replace(yaml, "tls: { cert_file: tls/plant-7.pem,", "tls: { " + ours() + ", cert_file: tls/plant-7.pem,", 2);
    replace(yaml, "bus: plant-events", "bus: plant-events\n    endpoint: " + bus_.url());
    replace(yaml, "bucket: example-plant-archive", "bucket: example-plant-archive\n    endpoint: " + archive_->url());
    replace(yaml, "url: https://partner.example.com/hooks/plant-7",
            "url: " + site_.receiver->url("/hooks/plant-7") + "\n    tls: { " + ours() + " }");
    replace(yaml, "max_wait: 1m", "max_wait: 200ms");
    return yaml;
  }
  /// With the fourth consumer, as the last section of the guide has it.
  [[nodiscard]] std::string extended_config(const std::string& start) const {
    const std::string more =
        between(test::read_file(kSource / "docs/send-to-the-cloud.md"), "## 5.", "```yaml\n", "```");
    std::string sink = between(more, "sinks:", "  # ...\n", "\nroutes:");
    replace(sink, "url: https://maintenance.example.com/events",
            "url: " + maintenance_->url() + "\n    tls: { " + ours() + " }");
    std::string route = more.substr(more.find("  # ...\n", more.find("routes:")) + 8);
    replace(route, "start: 2026-05-01T00:00:00Z", "start: " + start);
    std::string yaml = shipped_config();
    replace(yaml, "\nroutes:\n", "\n" + sink + "\nroutes:\n");
    return yaml + route;
  }

  void start(const std::string& yaml) {
    site_.gateway.configure(yaml);
    site_.restart();
    ASSERT_TRUE(site_.wait_state("source plant-floor", "ok")) << site_.gateway.log();
  }
  void publish_alarms(int count) {
    std::string lines;
    for (int n = 1; n <= count; ++n) lines += fmt::format("{{\"value\": 91, \"n\": {}}}\n", n);
    const auto published =
        test::run({"sh", "-c",
                   fmt::format("mosquitto_pub -h 127.0.0.1 -p {} -q 1 -t {} -l < {}", site_.broker->port(), kAlarmTopic,
                               site_.dir.write("alarms", lines).string())},
                  test::within(kPatience));
    ASSERT_EQ(published.status, 0) << published.errors;
  }
  /// A time that lies between what is stored already and what comes from now on.
  std::string a_moment() {
    std::string moment = site_.status().value("time", "");
    EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] { return site_.status().value("time", "") > moment; }));
    return moment;
  }

  [[nodiscard]] std::vector<json> on_the_bus() const {
    std::vector<json> events;
    for (const ReceivedRequest& request : bus_.requests()) {
      const json asked = json::parse(request.body);
      for (const json& entry : asked.at("Entries")) {
        const json detail = json::parse(entry["Detail"].get<std::string>(), nullptr, false);
        EXPECT_EQ(entry["EventBusName"], "plant-events");
        if (detail.is_object()) events.push_back(detail);
      }
    }
    return events;
  }
  [[nodiscard]] std::vector<json> in_the_archive() const {
    std::vector<json> events;
    for (const auto& [key, object] : archive_->objects()) {
      EXPECT_THAT(key, MatchesRegex("plant-7/[0-9]{4}-[0-9]{2}-[0-9]{2}/[^/]+\\.ndjson\\.gz"));
      EXPECT_EQ(object.writes, 1) << key;
      const auto unpacked =
          test::run({"gzip", "-dc", site_.dir.write("object.gz", object.bytes).string()}, test::within(kPatience));
      EXPECT_EQ(unpacked.status, 0) << key << ": " << unpacked.errors;
      std::istringstream lines(unpacked.output);
      for (std::string line; std::getline(lines, line);) {
        events.push_back(json::parse(line));
        EXPECT_EQ(key.substr(8, 10), events.back()["time"].get<std::string>().substr(0, 10)) << key << ": " << line;
      }
    }
    return events;
  }
  [[nodiscard]] std::vector<json> at_maintenance() const {
    std::vector<json> events;
    for (const ReceivedRequest& request : maintenance_->requests()) {
      EXPECT_EQ(request.headers.at("authorization"), "Bearer token-of-maintenance");
      for (const auto& event : request.events) events.push_back(json::parse(event.text));
    }
    return events;
  }

  static testing::ReceiverOptions receiver_of(Partner& partner) {
    testing::ReceiverOptions options;
    options.respond = [&partner](const ReceivedRequest& request) { return partner.take(request); };
    return options;
  }

  Partner partner_;
  testing::FakeAws bus_;
  std::unique_ptr<testing::Bucket> archive_;
  std::unique_ptr<testing::Receiver> provider_, maintenance_;
  Site site_{receiver_of(partner_)};
};

TEST(CloudGuide, QuotesTheConfigAsItIs) {
  const std::string config = test::read_file(kSource / "config/cloud-site.yaml");
  std::istringstream guide(test::read_file(kSource / "docs/send-to-the-cloud.md"));
  int quoted = 0;
  bool is_yaml = false;
  for (std::string line; std::getline(guide, line) && !line.starts_with("## 5.");) {
    if (line.starts_with("```")) {
      is_yaml = line == "```yaml";
    } else if (is_yaml && !line.ends_with("...")) {
      EXPECT_THAT(config, HasSubstr("\n" + line + "\n"));
      ++quoted;
    }
  }
  EXPECT_GT(quoted, 30);
}

TEST_F(CloudSite, IsCheckedBeforeItRuns) {
  site_.gateway.configure(shipped_config());
  const auto check = site_.gateway.command({"check"});
  EXPECT_EQ(check.status, 0) << check.output << check.errors;
  const auto connected = site_.gateway.command({"check", "--connect"});
  EXPECT_EQ(connected.status, 0) << connected.output << connected.errors;
  EXPECT_EQ(bus_.requests().size(), 1u) << "one event that no rule sees";
  EXPECT_TRUE(on_the_bus().empty());
  EXPECT_EQ(archive_->totals().requests, 1u);
  EXPECT_EQ(archive_->totals().objects + archive_->totals().open_uploads, 0u) << "nothing is left behind";
  EXPECT_EQ(site_.receiver->summary().requests, 0u) << "the partner hears of nothing";
  EXPECT_EQ(provider_->requests().front().client_name, "tidegate-test-client");

  const auto explained =
      site_.gateway.command({"explain", "--topic", std::string(kAlarmTopic), "--data", R"({"value": 91})"});
  EXPECT_EQ(explained.status, 0) << explained.errors;
  EXPECT_THAT(explained.output, AllOf(HasSubstr("everything"), HasSubstr("alarms"), HasSubstr("partner")));

  std::string missing = shipped_config();
  replace(missing, "bucket: example-plant-archive", "bucket: nobodys");
  site_.gateway.configure(missing);
  const auto refused = site_.gateway.command({"check", "--connect"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output + refused.errors, HasSubstr("NoSuchBucket"));
}

TEST_F(CloudSite, FeedsThreeConsumersAndAFourthFromThePast) {
  constexpr int kOld = 200, kAlarms = 40, kYesterday = 300, kNew = 50;
  start(shipped_config());
  site_.publish(kOld, 1, 1);
  publish_alarms(kAlarms);
  ASSERT_TRUE(site_.wait_books("delivered", 2 * (kOld + kAlarms) + kAlarms)) << site_.gateway.log();
  const std::string moment = a_moment();
  site_.publish(kYesterday, 1, 2);
  ASSERT_TRUE(site_.wait_books("delivered", 2 * (kOld + kAlarms + kYesterday) + kAlarms)) << site_.gateway.log();
  site_.expect_clean_end();

  std::vector<std::string> alarms, all;
  append_readings(all, 1, kOld);
  append_readings(all, 2, kYesterday);
  for (int n = 1; n <= kAlarms; ++n) alarms.push_back(fmt::format("alarm {}", n));
  std::ranges::sort(alarms);
  all.insert(all.end(), alarms.begin(), alarms.end());
  EXPECT_EQ(names_of(on_the_bus()), all);
  EXPECT_EQ(names_of(in_the_archive()), all);
  EXPECT_EQ(ids_of(on_the_bus()), ids_of(in_the_archive()));
  EXPECT_EQ(names_of(partner_.alarms()), alarms);
  EXPECT_THAT(partner_.refusals(), IsEmpty());
  for (const auto& [service, request] :
       {std::pair("events", bus_.requests().back()), std::pair("s3", archive_->requests().back())}) {
    EXPECT_THAT(
        request.headers.at("authorization"),
        MatchesRegex(fmt::format("AWS4-HMAC-SHA256 Credential=ASIAPLANT7/[0-9]{{8}}/eu-central-1/{}/.*", service)));
    EXPECT_EQ(request.headers.at("x-amz-security-token"), "token-of-plant-7");
  }

  start(extended_config(moment));
  std::vector<std::string> later;
  append_readings(later, 2, kYesterday);
  ASSERT_TRUE(maintenance_->wait_for([&](const auto& now) { return now.accepted_events >= kYesterday; }))
      << site_.gateway.log();
  site_.publish(kNew, 1, 3);
  append_readings(later, 3, kNew);
  ASSERT_TRUE(maintenance_->wait_for([&](const auto& now) { return now.accepted_events >= kYesterday + kNew; }))
      << site_.gateway.log();
  EXPECT_TRUE(site_.wait_books("pending", 0)) << site_.status().dump(2);
  site_.expect_clean_end();
  // Where a route begins is looked at once: the line can stay.
  site_.restart();
  ASSERT_TRUE(site_.wait_state("source plant-floor", "ok")) << site_.gateway.log();
  site_.expect_clean_end();

  EXPECT_EQ(names_of(at_maintenance()), later);
  append_readings(all, 3, kNew);
  std::ranges::sort(all);
  EXPECT_EQ(names_of(on_the_bus()), all) << "nothing again";
  EXPECT_EQ(names_of(in_the_archive()), all);
  EXPECT_EQ(names_of(partner_.alarms()), alarms);
}

}  // namespace
}  // namespace tidegate::e2e
