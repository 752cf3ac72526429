#include <gtest/gtest.h>

#include "connectors/mqtt_listener/acl.h"
#include "connectors/mqtt_listener/users.h"

namespace tidegate::mqtt_listener {
namespace {

// Written by mosquitto_passwd 2.0.11: -b FILE ann secret, and -H sha512 for bob.
constexpr std::string_view kUsers =
    "ann:$7$101$Bi+P/"
    "4C6RBnXujxv$hC9dqVSfMOtvjBqweMAoDeF6rdMVihQq+qACLGjL5JDkP+db95a7CPFPTdmwyiLuce5T6usJFfh6NLrM9z0yWQ==\n"
    "bob:$6$dvFxEsrx+W3zx3vx$0DJBiwxYOoD0FCRSQk7d2eiD7tQWxQW8xptHeJ1Xc96EKs0rZ+NNJ6jtIYzd/"
    "uEmYI2xdO6bYV9rjK7JVHK2SQ==\n";

bool matches(std::string_view pattern, std::string_view topic, const Guest& guest = {"pump", "ann"}) {
  return TopicPattern::parse(pattern)->matches(topic, guest);
}

TEST(TopicPattern, MatchesAsTopicFiltersDo) {
  EXPECT_TRUE(matches("a/+/c", "a/b/c"));
  EXPECT_FALSE(matches("a/+/c", "a/b/d"));
  EXPECT_FALSE(matches("a/+", "a/b/c"));
  EXPECT_TRUE(matches("a/#", "a/b/c"));
  EXPECT_TRUE(matches("a/#", "a"));
  EXPECT_FALSE(matches("a/b", "a"));
  EXPECT_FALSE(matches("a", "a/b"));
  EXPECT_TRUE(matches("+/+", "/b"));
  EXPECT_FALSE(matches("+", "/b"));
  EXPECT_FALSE(matches("#", "$SYS/x"));
  EXPECT_FALSE(matches("+/x", "$SYS/x"));
  EXPECT_TRUE(matches("$SYS/#", "$SYS/x"));
}

TEST(TopicPattern, FillsInUserAndClientId) {
  EXPECT_TRUE(matches("d/%c/%u", "d/pump/ann"));
  EXPECT_TRUE(matches("d/x-%c-%u", "d/x-pump-ann"));
  EXPECT_FALSE(matches("d/%c", "d/pump2"));
  EXPECT_FALSE(matches("d/%c", "d/pum"));
  EXPECT_FALSE(matches("d/%u", "d/", {"pump", std::nullopt}));
  EXPECT_FALSE(matches("d/%c", "d/%c"));
}

TEST(Acl, TheFirstRuleThatFitsDecidesAndNoRuleMeansNo) {
  const std::vector<AclRule> rules = {
      {"ann", *TopicPattern::parse("a/secret"), AclRule::Access::deny},
      {"", *TopicPattern::parse("a/#"), AclRule::Access::allow},
      {"bob", *TopicPattern::parse("#"), AclRule::Access::allow},
  };
  EXPECT_FALSE(may_publish(rules, {"c", "ann"}, "a/secret"));
  EXPECT_TRUE(may_publish(rules, {"c", "ann"}, "a/other"));
  EXPECT_TRUE(may_publish(rules, {"c", std::nullopt}, "a/secret"));
  EXPECT_FALSE(may_publish(rules, {"c", "ann"}, "b"));
  EXPECT_TRUE(may_publish(rules, {"c", "bob"}, "b"));
  EXPECT_TRUE(may_publish({}, {"c", std::nullopt}, "anything"));
}

TEST(Acl, NamesThatCouldPassForSeveralLevelsAreAmbiguous) {
  const std::vector<AclRule> by_client = {{"", *TopicPattern::parse("d/%c/#"), AclRule::Access::allow}};
  for (const char* name : {"a/b", "+", "#", ""}) EXPECT_TRUE(names_are_ambiguous(by_client, {name, "ann"})) << name;
  EXPECT_FALSE(names_are_ambiguous(by_client, {"pump", "a/b"}));
  const std::vector<AclRule> by_user = {{"", *TopicPattern::parse("d/%u/#"), AclRule::Access::allow}};
  EXPECT_TRUE(names_are_ambiguous(by_user, {"a/b", "a/b"}));
  EXPECT_FALSE(names_are_ambiguous(by_user, {"a/b", "ann"}));
}

TEST(Users, KnowsThePasswordsThatMosquittoPasswdHashed) {
  auto users = Users::parse(kUsers);
  ASSERT_TRUE(users) << users.error().message;
  for (int round = 0; round < 2; ++round) {  // the second time it is remembered
    EXPECT_TRUE(users->verify("ann", Secret("secret")));
    EXPECT_FALSE(users->verify("ann", Secret("Secret")));
    EXPECT_TRUE(users->verify("bob", Secret("hunter2")));
    EXPECT_FALSE(users->verify("bob", Secret("")));
    EXPECT_FALSE(users->verify("eve", Secret("secret")));
  }
}

TEST(Users, APasswordThatWasRightOnceCostsNothing) {
  auto users = *Users::parse(kUsers);
  EXPECT_EQ(users.cost("ann", Secret("secret")), 101u);
  EXPECT_EQ(users.cost("nobody", Secret("x")), 101u);
  ASSERT_TRUE(users.verify("ann", Secret("secret")));
  EXPECT_EQ(users.cost("ann", Secret("secret")), 1u);
  EXPECT_EQ(users.cost("ann", Secret("wrong")), 101u);
}

TEST(Users, AMistakeIsNamedWithItsLine) {
  const auto error = [](std::string_view text) { return Users::parse(text).error().message; };
  EXPECT_EQ(error("\n# x\nann:plain\n"),
            "line 3: the password is not hashed as $7$ or $6$; hash the file with mosquitto_passwd -U");
  EXPECT_EQ(error("ann\n"), "line 1: is not USER:HASH; add users with mosquitto_passwd");
  EXPECT_EQ(error("ann:$7$0$AAAA$AAAA\n"), "line 1: the number of iterations is not 1 to 10000");
  EXPECT_EQ(error("ann:$6$AAAA$AAAA\n"), "line 1: salt and hash are not Base64 of the right length");
  const std::string line(kUsers.substr(0, kUsers.find('\n') + 1));
  EXPECT_EQ(error(line + line), "line 2: this user is there twice");
}

}  // namespace
}  // namespace tidegate::mqtt_listener
