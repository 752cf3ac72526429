// Objects in a store of somebody else's making (tests/node/s3_server.mjs), when `./dev test` could install it.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "tests/e2e/site.h"
#include "tests/support/bucket/bucket.h"

namespace tidegate::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kLargePayloadBytes = 8192;
constexpr std::string_view kObjectEnding = "._S3rver_object";

/// A site whose messages all go into the bucket `archive`. `options`: further ones of the sink; `top`: of the gateway.
std::string archive_config(const Site& site, const std::string& url, const std::string& keys,
                           const std::string& options, const std::string& top = "") {
  return site.gateway.preamble() + fmt::format(R"({}
sources:
  plant-floor: {{ type: mqtt, broker: {}, subscribe: [ {{ topic: "sensors/#", qos: 1 }} ] }}
sinks:
  archive:
    type: aws_s3
    bucket: archive
    region: us-east-1
    endpoint: {}
    credentials: {{ type: keys, {} }}
    retry: {{ initial: 50ms, max: 200ms }}
    {}
routes:
  all: {{ topic: "sensors/+/{{device}}/#", to: archive }}
)",
                                               top, site.broker->uri(), url, keys, options);
}

class S3Store : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path folder = std::filesystem::path(TIDEGATE_SOURCE_DIR) / "tests/node";
    if (!exists(folder / "node_modules/s3rver"))
      GTEST_SKIP() << "npm packages are missing: in tests/node, run npm ci --ignore-scripts";
    script_ = folder / "s3_server.mjs";
    ASSERT_TRUE(start_store());
  }

  /// On the port it had before, if it was there before.
  bool start_store() {
    const auto output = site_.dir / "store.out";
    std::filesystem::remove(output);
    std::vector<std::string> words{"/usr/bin/env", "node", script_.string(), store_folder().string()};
    if (!url_.empty()) words.push_back(url_.substr(url_.rfind(':') + 1));
    auto started = test::Process::spawn({words, {}, output, site_.dir / "store.log"});
    EXPECT_TRUE(started) << started.error().message;
    if (!started) return false;
    store_.emplace(*std::move(started));
    const bool up = test::wait_until(test::within(kPatience), [&] { return test::read_file(output).ends_with('\n'); });
    EXPECT_TRUE(up) << test::read_file(site_.dir / "store.log");
    url_ = test::read_file(output);
    if (up) url_.pop_back();
    return up;
  }

  [[nodiscard]] std::string config(const std::string& keys) const {
    return archive_config(site_, url_, keys,
                          fmt::format("key: {}\n    batch: {{ {} }}\n    breaker: {{ failures: 0 }}", key_, batch_));
  }

  [[nodiscard]] std::filesystem::path store_folder() const { return site_.dir / "store"; }

  /// Every line of every object, by the object's key.
  [[nodiscard]] std::multimap<std::string, nlohmann::json> lines() const {
    std::multimap<std::string, nlohmann::json> all;
    const auto bucket = store_folder() / "archive";
    for (const auto& file : std::filesystem::recursive_directory_iterator(bucket)) {
      std::string key = std::filesystem::relative(file.path(), bucket).string();
      if (!file.is_regular_file() || !key.ends_with(kObjectEnding)) continue;
      key.resize(key.size() - kObjectEnding.size());
      std::istringstream in(test::read_file(file.path()));
      for (std::string line; std::getline(in, line);) all.emplace(key, nlohmann::json::parse(line));
    }
    return all;
  }

  std::string key_ = "${route}/${captures.device}";
  std::string batch_ = "max_events: 50, max_wait: 100ms";
  const std::string keys_ = "access_key_id: S3RVER, secret_access_key: S3RVER";
  Site site_;
  std::filesystem::path script_;
  std::string url_;
  std::optional<test::Process> store_;
};

TEST_F(S3Store, HoldsEveryEventOnceThoughItWasAway) {
  constexpr std::uint64_t kEvents = 600;
  site_.gateway.configure(config(keys_));
  site_.restart();
  ASSERT_TRUE(site_.wait_state("source plant-floor", "ok")) << site_.gateway.log();
  site_.publish(kEvents);
  ASSERT_TRUE(site_.wait_books("delivered", kEvents)) << site_.gateway.log();
  store_.reset();
  site_.publish(kEvents, 1, 2);
  ASSERT_TRUE(site_.wait_books("pending", kEvents)) << site_.gateway.log();
  ASSERT_TRUE(start_store());
  ASSERT_TRUE(site_.wait_books("delivered", 2 * kEvents)) << site_.gateway.log();
  site_.expect_clean_end();

  std::set<std::string> ids;
  const auto all = lines();
  for (const auto& [key, event] : all) {
    ids.insert(event.at("id").get<std::string>());
    const std::string device = key.substr(0, key.rfind('/'));
    EXPECT_THAT(event.at("subject").get<std::string>() + "/",
                HasSubstr("/" + device.substr(device.find('/') + 1) + "/"))
        << "in the object " << key;
  }
  EXPECT_EQ(ids.size(), 2 * kEvents);
  EXPECT_EQ(all.size(), 2 * kEvents) << "none is there twice";
}

/// The events of a large object.
void publish_large(Site& site, std::uint64_t count, std::uint32_t number) {
  test::PublisherOptions options;
  options.port = site.broker->port();
  options.count = count;
  options.number = number;
  options.payload_bytes = kLargePayloadBytes;
  const auto report = test::publish(options, {});
  ASSERT_EQ(report.trouble, "");
}

TEST_F(S3Store, HoldsALargeObjectThatWentUpInParts) {
  constexpr std::uint64_t kEvents = 2000;
  key_ = "large";
  batch_ = fmt::format("max_events: {}, max_wait: 1h", kEvents);
  site_.gateway.configure(config(keys_));
  site_.restart();
  ASSERT_TRUE(site_.wait_state("source plant-floor", "ok")) << site_.gateway.log();
  publish_large(site_, kEvents, 1);
  ASSERT_TRUE(site_.wait_books("delivered", kEvents)) << site_.gateway.log();
  site_.expect_clean_end();
  std::set<std::string> ids, keys;
  for (const auto& [key, event] : lines()) {
    EXPECT_TRUE(ids.insert(event.at("id").get<std::string>()).second);
    keys.insert(key);
  }
  EXPECT_EQ(ids.size(), kEvents);
  EXPECT_EQ(keys.size(), 1u);
}

/// Objects in a bucket that tells how they came.
class S3Parts : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = testing::Bucket::start();
    ASSERT_TRUE(started) << started.error().message;
    bucket_ = *std::move(started);
  }
  void start(const std::string& batch, const std::string& spool = "") {
    site_.gateway.configure(archive_config(site_, bucket_->url(),
                                           "access_key_id: AKIDEXAMPLE, secret_access_key: not-a-secret",
                                           "batch: { " + batch + " }", spool));
    site_.restart();
    ASSERT_TRUE(site_.wait_state("source plant-floor", "ok")) << site_.gateway.log();
  }
  /// How often each event is in the bucket.
  [[nodiscard]] std::map<std::string, int> copies() const {
    std::map<std::string, int> all;
    for (const auto& [key, object] : bucket_->objects()) {
      std::istringstream in(object.bytes);
      for (std::string line; std::getline(in, line);) ++all[nlohmann::json::parse(line).at("id").get<std::string>()];
    }
    return all;
  }
  void expect_each_once(std::uint64_t events) const {
    const auto all = copies();
    EXPECT_EQ(all.size(), events);
    for (const auto& [id, copies] : all) EXPECT_EQ(copies, 1) << id;
  }

  std::unique_ptr<testing::Bucket> bucket_;
  Site site_;
};

TEST_F(S3Parts, EachEventIsThereOnceThoughTheGatewayWasKilledInTheMiddleOfAnObject) {
  constexpr std::uint64_t kEvents = 2500;
  start("max_bytes: 12MiB, max_wait: 1h");
  publish_large(site_, kEvents, 1);
  // The first object has 12 MiB; of the second there is a part.
  ASSERT_TRUE(bucket_->wait_for([](const auto& now) {
    return now.objects == 1 && now.open_uploads == 1 && now.parts >= 4;
  })) << site_.gateway.log();
  site_.gateway.kill();
  site_.restart();
  ASSERT_TRUE(site_.wait_state("source plant-floor", "ok")) << site_.gateway.log();
  publish_large(site_, kEvents, 2);
  ASSERT_TRUE(site_.wait_books("received", 2 * kEvents)) << site_.gateway.log();
  site_.expect_clean_stop();
  start("max_wait: 100ms");
  site_.expect_clean_end();
  expect_each_once(2 * kEvents);
  EXPECT_EQ(bucket_->open_uploads().size(), 1u) << "that of the gateway that was killed";
}

TEST_F(S3Parts, AStopDeliversWhatIsHeld) {
  constexpr std::uint64_t kEvents = 3000;
  start("max_wait: 1h");
  site_.publish(kEvents);
  ASSERT_TRUE(site_.wait_books("received", kEvents)) << site_.gateway.log();
  EXPECT_EQ(bucket_->totals().objects, 0u);
  site_.expect_clean_stop();
  EXPECT_EQ(bucket_->totals().objects, 1u);
}

TEST_F(S3Parts, ASpoolThatIsFullEndsAnObjectAndGoesOn) {
  constexpr std::uint64_t kEvents = 5000;
  start("max_bytes: 1GiB, max_wait: 1h", "spool: { max_bytes: 16MiB }");
  publish_large(site_, kEvents, 1);
  ASSERT_TRUE(site_.wait_books("received", kEvents)) << site_.gateway.log();
  site_.expect_clean_stop();
  start("max_wait: 100ms");
  site_.expect_clean_end();
  expect_each_once(kEvents);
  EXPECT_GE(bucket_->totals().objects, 2u);
}

TEST_F(S3Store, CheckTellsAWrongKeyFromAStoreThatIsAway) {
  const auto check = [&](const std::string& keys) {
    site_.gateway.configure(config(keys));
    const test::Finished done = site_.gateway.command({"check", "--connect"});
    return std::to_string(done.status) + " " + done.output + done.errors;
  };
  EXPECT_THAT(check("access_key_id: nobody, secret_access_key: S3RVER"), HasSubstr("InvalidAccessKeyId"));
  EXPECT_THAT(check(keys_), ::testing::StartsWith("0 "));
  store_.reset();
  EXPECT_THAT(check(keys_), HasSubstr("Couldn't connect"));
}

}  // namespace
}  // namespace tidegate::e2e
