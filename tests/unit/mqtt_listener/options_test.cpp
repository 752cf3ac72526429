#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/mqtt_listener/mqtt_listener.h"
#include "connectors/mqtt_listener/options.h"
#include "gateway/config/option_table.h"

namespace tidegate::mqtt_listener {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& yaml) {
  const auto parsed = parse_text(*mqtt_listener_options(), yaml);
  return parsed ? "" : parsed.error().message;
}

TEST(ListenerOptions, AnonymousClientsComeInOnlyWhereTheConfigSaysSo) {
  EXPECT_THAT(error_of("listen: 127.0.0.1:1883"), HasSubstr("nothing says who may connect"));
  EXPECT_EQ(error_of("listen: 127.0.0.1:1883\nallow_anonymous: true"), "");
  EXPECT_THAT(error_of("listen: 0.0.0.0:1883\nallow_anonymous: true"), HasSubstr("allow_anonymous_remote: true"));
  EXPECT_EQ(error_of("listen: 0.0.0.0:1883\nallow_anonymous: true\nallow_anonymous_remote: true"), "");
}

TEST(ListenerOptions, RulesMayBeShort) {
  const auto parsed =
      parse_text(*mqtt_listener_options(),
                 "allow_anonymous: true\nacl:\n  - sensors/%c/#\n  - { user: ann, topic: x, access: deny }");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto options = std::any_cast<ListenerOptions>(*parsed);
  ASSERT_EQ(options.acl.size(), 2u);
  EXPECT_EQ(options.acl[0].topic.text(), "sensors/%c/#");
  EXPECT_EQ(options.acl[0].access, AclRule::Access::allow);
  EXPECT_EQ(options.acl[1].user, "ann");
  EXPECT_THAT(error_of("allow_anonymous: true\nacl: [ 'a/#/b' ]"), HasSubstr("is not a topic filter"));
}

TEST(ListenerOptions, ASubjectNeedsAnAuthority) {
  EXPECT_THAT(error_of("allow_anonymous: true\nuse_subject_as_user: true"), HasSubstr("tls.client_ca_file"));
}

TEST(ListenerOptions, AUnixSocketIsNoPlaceForMqtt) {
  EXPECT_THAT(error_of("listen: unix:/run/x\nallow_anonymous: true"), HasSubstr("HOST:PORT"));
}

}  // namespace
}  // namespace tidegate::mqtt_listener
