#include <mqtt/async_client.h>

#include "tests/unit/mqtt_listener/listener_fixture.h"

/// Paho's C++ client, in this process.
namespace tidegate::test {
namespace {

class PahoCpp : public WithListener, public ::testing::WithParamInterface<std::tuple<int, int>> {
 protected:
  void connect(mqtt::async_client& client) {
    mqtt::connect_options options;
    if (version_ == MQTTVERSION_5) {
      options = mqtt::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(false).finalize();
      options.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 3600}});
    } else {
      options = mqtt::connect_options_builder().mqtt_version(MQTTVERSION_3_1_1).clean_session(false).finalize();
    }
    client.connect(options)->wait();
  }
  const int qos_ = std::get<0>(GetParam());
  const int version_ = std::get<1>(GetParam());
};

TEST_P(PahoCpp, PublishesThroughARestartOfTheListenerAndKeepsItsSession) {
  start_listener();
  mqtt::async_client client("tcp://127.0.0.1:" + port(), "paho-cpp", mqtt::create_options(version_, 1000));
  connect(client);
  for (const int first : {0, 200}) {
    std::vector<mqtt::delivery_token_ptr> sent;
    for (const std::string& number : numbers(200, first))
      sent.push_back(client.publish("sensors/cpp", number, qos_, false));
    for (const auto& token : sent) ASSERT_TRUE(token->wait_for(std::chrono::seconds{60}));
    if (first > 0) break;
    start_listener();
    ASSERT_TRUE(intake_.wait(patience(), [&] { return !client.is_connected(); }));
    connect(client);
  }
  ASSERT_TRUE(receives(400));
  EXPECT_EQ(payloads(), numbers(400));
  client.disconnect()->wait();
}

INSTANTIATE_TEST_SUITE_P(Interop, PahoCpp,
                         ::testing::Combine(::testing::Values(1, 2),
                                            ::testing::Values(MQTTVERSION_5, MQTTVERSION_3_1_1)));

}  // namespace
}  // namespace tidegate::test
