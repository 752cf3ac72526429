#include "connectors/auth/azure_sas.h"

#include <gtest/gtest.h>

#include <utility>

namespace tidegate::auth {
namespace {

WallTime at(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

// The expected texts of this file were computed with Python's hmac and urllib, by the rules of Microsoft's pages.

TEST(AzureSas, EventHubsSignsTheEncodedUrlAndTheSecondWithTheKeyAsText) {
  const std::string expected =
      "SharedAccessSignature sr=https%3A%2F%2Fplant.servicebus.windows.net%2Ftelemetry&"
      "sig=XuOEq1%2FRjnQaaf1jeYLyMh79XQAhSkGh5DHEKhtO%2FdY%3D&se=1700003600&skn=send%20only";
  EXPECT_EQ(event_hubs_signature("https://plant.servicebus.windows.net/telemetry", "send only",
                                 "bm90IGRlY29kZWQ=", at(1'700'003'600)),
            expected);
  EXPECT_EQ(event_hubs_signature("https://plant.servicebus.windows.net/telemetry", "send only",
                                 "bm90IGRlY29kZWQ=", at(1'700'003'600) + std::chrono::milliseconds(999)),
            expected)
      << "never longer than asked for";
}

TEST(AzureSas, EventGridSignsUrlAndTimeWithTheKeysBytes) {
  const std::string topic = "https://topic.westeurope-1.eventgrid.azure.net/api/events";
  const std::string start = "r=https%3A%2F%2Ftopic.westeurope-1.eventgrid.azure.net%2Fapi%2Fevents&e=";
  for (const auto& [seconds, rest] : std::initializer_list<std::pair<std::int64_t, const char*>>{
           {1'700'003'600, "11%2F14%2F2023%2011%3A13%3A20%20PM&s=hKEgxsa3Mx7xfcHxzQqRcQgQnSL5VHbd4BCq06qYKbg%3D"},
           {1'704'067'205, "1%2F1%2F2024%2012%3A00%3A05%20AM&s=QxZ%2FMg0uN5E4D8rMBZsBBNo%2FKUPIlMmjSMyAF8BzfJI%3D"},
           {1'720'000'000, "7%2F3%2F2024%209%3A46%3A40%20AM&s=VPiyiQId%2FuzTiuEttpXwFH2MMYIVFFYwSqgwTF7P3P8%3D"},
           {1'704'110'400, "1%2F1%2F2024%2012%3A00%3A00%20PM&s=RwKsm3bEHVsu%2BBWcPvBZqW6DTY%2BvgmOejviNVcZB7OE%3D"}}) {
    const auto signature = event_grid_signature(topic, "c2l4dGVlbiBieXRlcyEh", at(seconds));
    ASSERT_TRUE(signature);
    EXPECT_EQ(*signature, start + rest);
  }
}

TEST(AzureSas, AnEventGridKeyThatIsNoneIsRefusedWithoutQuotingIt) {
  for (const char* key : {"", "not base64!"}) {
    const auto signature = event_grid_signature("https://topic", key, at(0));
    ASSERT_FALSE(signature);
    EXPECT_EQ(signature.error().message.find("not base64!"), std::string::npos);
  }
}

}  // namespace
}  // namespace tidegate::auth
