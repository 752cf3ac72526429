#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

#include "reading_ring.h"
#include "tests/e2e/site.h"

/// The device of firmware-samples/posix-c at the gateway's own door.
namespace tidegate::e2e {
namespace {

using ::testing::HasSubstr;

class Device : public ::testing::Test {
 protected:
  Device() : gateway_(std::filesystem::path(TIDEGATE_BIN_DIR) / "tidegate", dir_.path()) {
    const auto certs = testing::make_test_certs(dir_ / "certs");
    EXPECT_TRUE(certs);
    testing::ReceiverOptions options;
    options.tls_cert = certs->server_cert;
    options.tls_key = certs->server_key;
    auto receiver = testing::Receiver::start(std::move(options));
    EXPECT_TRUE(receiver);
    receiver_ = std::move(*receiver);
    gateway_.configure(gateway_.preamble() + fmt::format(R"(sources:
  devices: {{ type: mqtt_listener, listen: "127.0.0.1:{}", allow_anonymous: true }}
sinks:
  cloud: {{ type: http, url: {}, tls: {{ ca_file: {} }}, batch: {{ max_wait: 20ms }} }}
routes:
  all: {{ topic: "sensors/#", to: cloud }}
)",
                                                         port_, receiver_->url(), certs->ca_cert.string()));
  }

  void start_gateway() {
    const auto up = gateway_.start_ready();
    ASSERT_TRUE(up) << up.error().message << gateway_.log();
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return test::accepts_connections(port_); }));
  }
  void start_device(int per_second, int count) {
    auto started = test::Process::spawn(
        {{std::string(TIDEGATE_BIN_DIR) + "/posix_c_device", "-p", std::to_string(port_), "-i", "pump-7", "-t",
          "sensors/pump-7/temperature", "-r", std::to_string(per_second), "-n", std::to_string(count)},
         {},
         dir_ / "device.out",
         dir_ / "device.err"});
    ASSERT_TRUE(started) << started.error().message;
    device_ = std::move(*started);
  }
  void expect_device_ends() { EXPECT_EQ(device_->wait(test::within(4 * kPatience)), 0) << device_says(); }
  [[nodiscard]] std::string device_says() const {
    return test::read_file(dir_ / "device.out") + test::read_file(dir_ / "device.err");
  }
  /// What the device counted as `name` when it ended.
  [[nodiscard]] int counted(const std::string& name) const {
    const std::string text = test::read_file(dir_ / "device.out");
    const std::size_t at = text.find(name + "=");
    int value = -1;
    if (at != std::string::npos) std::from_chars(&text[at + name.size() + 1], text.data() + text.size(), value);
    return value;
  }

  /// The readings' numbers in the order in which they first arrived.
  [[nodiscard]] std::vector<int> first_arrivals() const {
    std::vector<int> numbers;
    for (const auto& request : receiver_->requests()) {
      for (const auto& event : request.events) {
        const int number = nlohmann::json::parse(event.text, nullptr, false).value("/data/seq"_json_pointer, -1);
        if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(number);
      }
    }
    return numbers;
  }
  bool wait_arrivals(std::size_t count) {
    return test::wait_until(test::within(kArrivalLimit), [&] { return first_arrivals().size() >= count; });
  }

  test::TempDir dir_;
  const std::uint16_t port_ = test::free_port();
  std::unique_ptr<testing::Receiver> receiver_;
  test::GatewayProcess gateway_;
  std::optional<test::Process> device_;
};

TEST_F(Device, LosesNothingWhileItsRingHoldsThoughTheGatewayIsKilled) {
  constexpr int kCount = kRingReadings;  // however long the gateway is away, the ring has room
  start_gateway();
  start_device(40, kCount);
  for (const std::size_t arrived : {50u, 120u}) {
    ASSERT_TRUE(wait_arrivals(arrived)) << gateway_.log() << device_says();
    gateway_.kill();
    start_gateway();
  }
  expect_device_ends();
  EXPECT_EQ(counted("readings"), kCount);
  EXPECT_EQ(counted("acknowledged"), kCount);
  EXPECT_EQ(counted("overwritten"), 0);
  EXPECT_GE(counted("connections"), 2) << device_says();
  ASSERT_TRUE(wait_arrivals(kCount)) << gateway_.log();
  std::vector<int> all(kCount);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(first_arrivals(), all);
}

TEST_F(Device, CountsWhatItsRingCouldNotHold) {
  constexpr int kCount = 4 * kRingReadings;
  start_device(1000, kCount);
  ASSERT_TRUE(test::wait_until(test::within(kPatience),
                               [&] { return device_says().find("the ring is full") != std::string::npos; }));
  start_gateway();
  expect_device_ends();
  const int overwritten = counted("overwritten");
  EXPECT_GT(overwritten, 0);
  EXPECT_EQ(counted("acknowledged") + overwritten, kCount);
  ASSERT_TRUE(wait_arrivals(static_cast<std::size_t>(kCount - overwritten))) << gateway_.log();
  const std::vector<int> arrived = first_arrivals();
  EXPECT_TRUE(std::is_sorted(arrived.begin(), arrived.end()));
  EXPECT_EQ(arrived.back(), kCount) << "it is the oldest that give way";
}

TEST_F(Device, StopsOnASignalAndSaysWhatIsUnsent) {
  start_device(100, 0);
  ASSERT_TRUE(test::wait_until(test::within(kPatience),
                               [&] { return device_says().find("next attempt") != std::string::npos; }));
  device_->signal(SIGTERM);
  EXPECT_EQ(device_->wait(test::within(kPatience)), 1);
  EXPECT_GT(counted("unsent"), 0);
  EXPECT_EQ(counted("unsent"), counted("readings"));
}

TEST_F(Device, RefusesACommandLineItCannotFollow) {
  const std::string program = std::string(TIDEGATE_BIN_DIR) + "/posix_c_device";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-r", "0"}, {"-r", "1001"}, {"-r", "fast"}, {"-n", "-1"}, {"-k", "0"}, {"-t", "a/#"}, {"-x"}, {"more"}}) {
    std::vector<std::string> command = words;
    command.insert(command.begin(), program);
    const test::Finished end = test::run(command, test::within(kPatience));
    EXPECT_EQ(end.status, 2) << words.front();
    EXPECT_THAT(end.errors, HasSubstr("usage:")) << words.front();
  }
}

}  // namespace
}  // namespace tidegate::e2e
