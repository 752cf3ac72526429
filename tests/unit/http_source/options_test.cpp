#include "connectors/http/ingest/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::ingest {
namespace {

using ::testing::HasSubstr;

std::string fault(const std::string& yaml) {
  const auto options = source_table().parse_text(yaml);
  return options ? "" : options.error().message;
}

TEST(HttpSourceOptions, DefaultsAreForThisMachineOnly) {
  const auto options = source_table().parse_text("{}");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->listen.text(), "127.0.0.1:8080");
  EXPECT_FALSE(options->asks_for_proof());
}

TEST(HttpSourceOptions, OthersMayNotReachADoorWithoutALock) {
  EXPECT_THAT(fault("listen: 0.0.0.0:8080"), HasSubstr("allow_remote"));
  EXPECT_EQ(fault("listen: 0.0.0.0:8080\nallow_remote: true"), "");
  EXPECT_EQ(fault("listen: 0.0.0.0:8080\nauth: { tokens: abc }"), "");
  EXPECT_EQ(fault("listen: 0.0.0.0:8080\nsignature: { secrets: whsec_AQID }"), "");
}

TEST(HttpSourceOptions, ASignedRequestMustNotOutliveItsId) {
  EXPECT_THAT(fault("signature: { secrets: whsec_AQID, tolerance: 6m }"), HasSubstr("window must be at least twice"));
  EXPECT_EQ(fault("signature: { secrets: whsec_AQID, tolerance: 6m }\ndeduplicate: { window: 12m }"), "");
}

TEST(HttpSourceOptions, MistakesAreNamed) {
  EXPECT_THAT(fault("topic: a/#"), HasSubstr("is not a topic"));
  EXPECT_THAT(fault("auth: {}"), HasSubstr("tokens"));
  EXPECT_THAT(fault("max_in_flight: 1MiB"), HasSubstr("less than max_body"));
  EXPECT_THAT(fault("tls: {}"), HasSubstr("cert_file"));
}

}  // namespace
}  // namespace tidegate::ingest
