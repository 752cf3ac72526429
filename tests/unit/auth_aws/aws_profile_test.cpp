#include "connectors/auth/aws_profile.h"

#include <gtest/gtest.h>

#include "connectors/auth/limits.h"

namespace tidegate::auth {
namespace {

AwsProfiles profiles_of(std::string_view credentials, std::string_view config) {
  AwsProfiles profiles;
  EXPECT_TRUE(profiles.add(credentials, false));
  EXPECT_TRUE(profiles.add(config, true));
  return profiles;
}

std::string fault_of(const AwsProfiles& profiles, const std::string& name) {
  const auto plan = plan_profile(profiles, name);
  return plan ? "none" : plan.error().message;
}

TEST(AwsProfiles, AreReadFromBothFilesWithTheirOwnNames) {
  const auto profiles =
      profiles_of("# keys\r\n[default]\r\naws_access_key_id = A1\r\n[ site 7 ]\naws_access_key_id=A2\n",
                  "[default]\nregion = eu\naws_access_key_id = not this\n[profile  \"site 7\"]\n"
                  "AWS_Secret_Access_Key=b==;c # not a comment\n[sso-session x]\nregion=us\n[other]\n");
  EXPECT_EQ(profiles.setting("default", "aws_access_key_id"), "A1");
  EXPECT_EQ(profiles.setting("default", "region"), "eu");
  EXPECT_EQ(profiles.setting("site 7", "aws_access_key_id"), "A2");
  EXPECT_EQ(profiles.setting("site 7", "aws_secret_access_key"), "b==;c # not a comment");
  EXPECT_FALSE(profiles.has("other"));
  EXPECT_FALSE(profiles.has("x"));
}

TEST(AwsProfiles, NestedSettingsArePassedOver) {
  const auto profiles = profiles_of("", "[profile a]\ns3 =\n  role_arn = nested\n\tno setting\nrole_arn = r\n");
  EXPECT_EQ(profiles.setting("a", "role_arn"), "r");
}

TEST(AwsProfiles, AFileThatIsNoneIsNamedByItsLine) {
  AwsProfiles profiles;
  EXPECT_EQ(profiles.add("[a]\nb\n", false).error().message, "line 2 is neither a section nor a setting");
  EXPECT_EQ(profiles.add("[a\n", false).error().message, "line 1 begins a section without ]");
  std::string many;
  for (std::size_t i = 0; i <= limits::kProfilesMax; ++i) many += "[p" + std::to_string(i) + "]\n";
  EXPECT_FALSE(AwsProfiles().add(many, false));
}

TEST(AwsProfile, HasKeysOfItsOwnOrAProgram) {
  const auto profiles = profiles_of("[a]\naws_access_key_id=A\naws_secret_access_key=S\naws_session_token=T\n",
                                    "[profile p]\ncredential_process = /opt/get \"a b\"\n");
  const auto keys = plan_profile(profiles, "a");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->base, AwsProfilePlan::Base::keys);
  EXPECT_EQ(keys->keys.session_token.reveal(), "T");
  const auto program = plan_profile(profiles, "p");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->base, AwsProfilePlan::Base::process);
  EXPECT_EQ(program->command, "/opt/get \"a b\"");
}

TEST(AwsProfile, RolesAreTakenOnFromTheKeysOutwards) {
  const auto profiles = profiles_of("[keys]\naws_access_key_id=A\naws_secret_access_key=S\n",
                                    "[profile far]\nrole_arn=far\nsource_profile=near\nduration_seconds=900\n"
                                    "[profile near]\nrole_arn=near\nsource_profile=keys\nexternal_id=e\n"
                                    "[profile self]\nrole_arn=r\nsource_profile=self\naws_access_key_id=B\n"
                                    "aws_secret_access_key=S\n");
  const auto plan = plan_profile(profiles, "far");
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->roles.size(), 2u);
  EXPECT_EQ(plan->roles[0].arn, "near");
  EXPECT_EQ(plan->roles[0].external_id, "e");
  EXPECT_EQ(plan->roles[1].arn, "far");
  EXPECT_EQ(plan->roles[1].duration, "900");
  EXPECT_EQ(plan->keys.access_key_id, "A");
  const auto self = plan_profile(profiles, "self");
  ASSERT_TRUE(self);
  EXPECT_EQ(self->keys.access_key_id, "B");
  ASSERT_EQ(self->roles.size(), 1u);
}

TEST(AwsProfile, ARoleMayStandOnTheMachinesOwnKeysOrAToken) {
  const auto profiles = profiles_of("",
                                    "[profile e]\nrole_arn=r\ncredential_source=Ec2InstanceMetadata\n"
                                    "[profile w]\nrole_arn=r\nweb_identity_token_file=/t\nrole_session_name=n\n"
                                    "[profile bad]\nrole_arn=r\ncredential_source=Moon\n");
  EXPECT_EQ(plan_profile(profiles, "e")->base, AwsProfilePlan::Base::instance);
  const auto web = plan_profile(profiles, "w");
  EXPECT_EQ(web->base, AwsProfilePlan::Base::web_identity);
  EXPECT_EQ(web->token_file, "/t");
  EXPECT_EQ(web->web_role.session_name, "n");
  EXPECT_TRUE(web->roles.empty());
  EXPECT_EQ(fault_of(profiles, "bad"),
            "profile bad has a credential_source other than Environment, EcsContainer and Ec2InstanceMetadata");
}

TEST(AwsProfile, WhatCannotWorkSaysWhy) {
  const auto profiles = profiles_of("[empty]\n",
                                    "[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\n"
                                    "source_profile=a\n[profile mfa]\nrole_arn=r\nmfa_serial=m\nsource_profile=a\n"
                                    "[profile sso]\nsso_session=x\n[profile alone]\nrole_arn=r\n");
  EXPECT_EQ(fault_of(profiles, "none"), "there is no profile none");
  EXPECT_EQ(fault_of(profiles, "a"), "profile a refers to more than 5 others, or to itself");
  EXPECT_EQ(fault_of(profiles, "mfa"), "profile mfa wants a code from a device (mfa_serial)");
  EXPECT_EQ(fault_of(profiles, "sso"), "profile sso signs in through a browser (sso), which a gateway cannot");
  EXPECT_EQ(fault_of(profiles, "alone"), "profile alone has a role_arn without source_profile or credential_source");
  EXPECT_EQ(fault_of(profiles, "empty"), "profile empty has no keys, no role and no credential_process");
}

}  // namespace
}  // namespace tidegate::auth
