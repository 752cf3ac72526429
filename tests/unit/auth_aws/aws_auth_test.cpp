// Where AWS keys come from, and what becomes of events meanwhile: every provider is on loopback.
#include "connectors/auth/aws_auth.h"

#include <gtest/gtest.h>

#include "tests/support/process/process.h"
#include "tests/support/receiver/test_certs.h"
#include "tests/unit/auth_aws/aws_rig.h"

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;

class AwsKeyProviders : public AwsRig {};

TEST_F(AwsKeyProviders, KeysOfTheConfig) {
  open("access_key_id: AKIA1\nsecret_access_key: s");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "AKIA1");
}

TEST_F(AwsKeyProviders, TheEnvironment) {
  environment_ = {{"AWS_ACCESS_KEY_ID", "ASIA2"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t2"}};
  open("type: environment");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "ASIA2 t2");
}

TEST_F(AwsKeyProviders, AnEnvironmentWithoutKeysIsARefusedCredential) {
  open("type: environment");
  EXPECT_EQ(outcome(), "unauthorized: not sent: no credential: the environment has no access key id");
}

TEST_F(AwsKeyProviders, AProfileWithARole) {
  test::write_file(dir_.path() / "credentials", "[base]\naws_access_key_id=AKIA3\naws_secret_access_key=s\n");
  test::write_file(dir_.path() / "config", "[profile site]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=base\n");
  environment_ = {{"AWS_SHARED_CREDENTIALS_FILE", (dir_.path() / "credentials").string()},
                  {"AWS_CONFIG_FILE", (dir_.path() / "config").string()},
                  {"AWS_ENDPOINT_URL_STS", cloud_->url("/sts")}};
  answer("/sts", role_document("ASIA3"));
  open("{type: profile, profile: site}");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "ASIA3 t-ASIA3");
  auto asked = last("/sts");
  EXPECT_EQ(asked.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=tidegate&"
            "DurationSeconds=3600");
  EXPECT_NE(asked.headers["authorization"].find("Credential=AKIA3/"), std::string::npos);
  EXPECT_NE(asked.headers["authorization"].find("/eu-central-1/sts/aws4_request"), std::string::npos);
}

TEST_F(AwsKeyProviders, AProgram) {
  const auto file = dir_.path() / "keys.json";
  test::write_file(file, R"({"Version":1,"AccessKeyId":"AKIA4","SecretAccessKey":"s"})");
  open("{type: process, command: \"/bin/cat '" + file.string() + "'\"}");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "AKIA4");
}

TEST_F(AwsKeyProviders, AProgramThatFailsIsAPeerThatIsDown) {
  open("{type: process, command: /bin/false --token geheim}");
  EXPECT_EQ(outcome(), "peer down: not sent: no credential: the credential process ends with status 1");
}

TEST_F(AwsKeyProviders, AWebIdentity) {
  test::write_file(dir_.path() / "token", "eyJ.x.y\n");
  environment_ = {{"AWS_WEB_IDENTITY_TOKEN_FILE", (dir_.path() / "token").string()},
                  {"AWS_ROLE_ARN", "arn:aws:iam::1:role/w"},
                  {"AWS_ROLE_SESSION_NAME", "pod"}};
  answer("/sts", role_document("ASIA5"));
  open("sts_endpoint: '{url}/sts'");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "ASIA5 t-ASIA5");
  auto asked = last("/sts");
  EXPECT_EQ(asked.body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fw&"
            "RoleSessionName=pod&DurationSeconds=3600&WebIdentityToken=eyJ.x.y");
  EXPECT_FALSE(asked.headers.contains("authorization"));
}

TEST_F(AwsKeyProviders, AContainersAgentWithAToken) {
  test::write_file(dir_.path() / "token", "pod-token\n");
  environment_ = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", cloud_->url("/v1/credentials")},
                  {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", (dir_.path() / "token").string()}};
  answer("/v1/credentials", document("ASIA6"));
  open("type: auto");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "ASIA6 t-ASIA6");
  EXPECT_EQ(last("/v1/credentials").headers["authorization"], "pod-token");
}

TEST_F(AwsKeyProviders, AContainersAgentIsNotAskedInPlainTextFarAway) {
  for (const char* far : {"http://10.0.0.1/c", "http://127.evil.example/c", "http://127.0.0.1@10.0.0.1/c"}) {
    environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = far;
    open("type: container");
    EXPECT_TRUE(outcome().starts_with("unauthorized: not sent: no credential: the address of the container agent is "))
        << far;
  }
}

TEST_F(AwsKeyProviders, TheInstance) {
  serve_instance("ASIA7");
  open("{type: instance, endpoint: '{url}/'}");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "ASIA7 t-ASIA7");
  auto session = last("/latest/api/token");
  EXPECT_EQ(session.method, "PUT");
  EXPECT_EQ(session.headers["x-aws-ec2-metadata-token-ttl-seconds"], "21600");
  EXPECT_EQ(last("/latest/meta-data/iam/security-credentials/gate%20way").headers["x-aws-ec2-metadata-token"],
            "session");
}

TEST_F(AwsKeyProviders, AnInstanceWithoutARoleIsARefusedCredential) {
  answer("/latest/api/token", "session");
  open("{type: instance, endpoint: '{url}'}");
  EXPECT_EQ(
      outcome(),
      "unauthorized: not sent: no credential: the instance metadata service: no role is attached to the instance");
}

TEST_F(AwsKeyProviders, ADevicesCertificate) {
  const auto certs = testing::make_test_certs(dir_.path() / "certs");
  ASSERT_TRUE(certs);
  testing::ReceiverOptions options;
  options.tls_cert = certs->server_cert;
  options.tls_key = certs->server_key;
  options.client_ca = certs->ca_cert;
  const std::string keys =
      R"({"credentials":{"accessKeyId":"ASIA8","secretAccessKey":"s","sessionToken":"t8","expiration":")" +
      expiration(1h) + R"("}})";
  options.respond = [&](const testing::ReceivedRequest& request) {
    return request.client_name == "tidegate-test-client" ? answer_of(200, keys) : answer_of(403, "");
  };
  auto started = testing::Receiver::start(std::move(options));
  ASSERT_TRUE(started);
  open("{type: iot, endpoint: '" + (*started)->url("") + "', role_alias: gateway role, thing_name: plant-7, tls: {" +
       "ca_file: " + certs->ca_cert.string() + ", cert_file: " + certs->client_cert.string() +
       ", key_file: " + certs->client_key.string() + "}}");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "ASIA8 t8");
  auto asked = (*started)->requests().back();
  EXPECT_EQ(asked.target, "/role-aliases/gateway%20role/credentials");
  EXPECT_EQ(asked.headers["x-amzn-iot-thingname"], "plant-7");
  (*started)->stop();
}

TEST_F(AwsKeyProviders, ARoleForAnyKeys) {
  serve_instance("ASIA9");
  answer("/sts", role_document("ASIA10"));
  open(
      "{type: instance, endpoint: '{url}', role_arn: arn:r, external_id: e, role_duration: 15m, "
      "role_session_name: plant-7, sts_endpoint: '{url}/sts'}");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "ASIA10 t-ASIA10");
  auto asked = last("/sts");
  EXPECT_EQ(asked.headers["x-amz-security-token"], "t-ASIA9");
  EXPECT_EQ(asked.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ar&RoleSessionName=plant-7&DurationSeconds=900&"
            "ExternalId=e");
}

TEST_F(AwsKeyProviders, ARoleThatIsRefusedIsARefusedCredential) {
  answer("/sts", "<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>", 403);
  open("{type: keys, access_key_id: A, secret_access_key: s, role_arn: arn:r, sts_endpoint: '{url}/sts'}");
  EXPECT_EQ(outcome(), "unauthorized: not sent: no credential: the role arn:r: HTTP 403: AccessDenied: not yours");
  answer("/sts", "", 503);
  EXPECT_EQ(outcome(), "peer down: not sent: no credential: the role arn:r: HTTP 503");
  answer("/sts", role_document("ASIA11"));
  EXPECT_EQ(outcome(), "delivered");
}

TEST_F(AwsKeyProviders, TheFirstThatIsThereIsTaken) {
  test::write_file(dir_.path() / "credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  serve_instance("INSTANCE");
  answer("/agent", document("AGENT"));
  answer("/sts", role_document("WEB"));
  test::write_file(dir_.path() / "token", "t");
  const auto taken = [this] {
    open("{sts_endpoint: '{url}/sts'}");
    EXPECT_EQ(outcome(), "delivered");
    return keys_used();
  };
  environment_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = cloud_->url("");
  EXPECT_EQ(taken(), "INSTANCE t-INSTANCE");
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = cloud_->url("/agent");
  EXPECT_EQ(taken(), "AGENT t-AGENT");
  environment_["AWS_SHARED_CREDENTIALS_FILE"] = (dir_.path() / "credentials").string();
  EXPECT_EQ(taken(), "FILE");
  environment_["AWS_WEB_IDENTITY_TOKEN_FILE"] = (dir_.path() / "token").string();
  environment_["AWS_ROLE_ARN"] = "arn:w";
  EXPECT_EQ(taken(), "WEB t-WEB");
  environment_["AWS_ACCESS_KEY_ID"] = "VARIABLE";
  environment_["AWS_SECRET_ACCESS_KEY"] = "s";
  EXPECT_EQ(taken(), "VARIABLE");
  open("{access_key_id: CONFIG, secret_access_key: s}");
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "CONFIG");
}

TEST_F(AwsKeyProviders, WithoutAnyTheReasonSaysSo) {
  environment_["AWS_EC2_METADATA_DISABLED"] = "true";
  open("{}");
  EXPECT_EQ(outcome(),
            "unauthorized: not sent: no credential: no AWS keys are configured, and none are in the environment or in "
            "a profile");
  environment_["AWS_PROFILE"] = "gone";
  EXPECT_EQ(outcome(), "unauthorized: not sent: no credential: there is no profile gone");
}

class AwsKeysTest : public AwsRig {};

TEST_F(AwsKeysTest, AreReplacedAheadOfTheirEndWhileTheOldOnesServe) {
  serve_instance("ASIA1");
  open("{type: instance, endpoint: '{url}'}");
  ASSERT_EQ(outcome(), "delivered");
  serve_instance("ASIA2", 2h);
  clock_.shift = 54min;
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(requests_to("/latest/api/token"), 1u);
  clock_.shift = 56min;
  for (int i = 0; i < 20 && keys_used() != "ASIA2 t-ASIA2"; ++i) {
    EXPECT_EQ(outcome(), "delivered");
    clock_.shift += 100ms;
  }
  EXPECT_EQ(keys_used(), "ASIA2 t-ASIA2");
  EXPECT_EQ(requests_to("/latest/api/token"), 2u);
}

TEST_F(AwsKeysTest, ThatAreAboutToEndAreNotFetchedAllTheTime) {
  serve_instance("ASIA1", 4min);
  open("{type: instance, endpoint: '{url}'}");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(requests_to("/latest/api/token"), 1u);
}

TEST_F(AwsKeysTest, ThatHaveEndedAreNotUsed) {
  serve_instance("ASIA1", 1h);
  open("{type: instance, endpoint: '{url}'}");
  ASSERT_EQ(outcome(), "delivered");
  answer("/latest/api/token", "", 503);
  clock_.shift = 61min;
  EXPECT_EQ(outcome(), "peer down: not sent: no credential: the instance metadata service: HTTP 503");
  EXPECT_EQ(requests_to("/service"), 1u);
}

TEST_F(AwsKeysTest, ThatTheServiceRefusesAreFetchedAnew) {
  serve_instance("ASIA1");
  open("{type: instance, endpoint: '{url}'}");
  service_ = [](const testing::ReceivedRequest& request) {
    return answer_of(request.headers.at("authorization").find("=ASIA1/") != std::string::npos ? 403 : 200, "");
  };
  EXPECT_EQ(outcome(), "unauthorized: HTTP 403");
  serve_instance("ASIA2");
  EXPECT_TRUE(sink_->refresh_credentials());
  EXPECT_EQ(outcome(), "delivered");
}

TEST_F(AwsKeysTest, ThatHaveEndedCostNoEventWhereTheServiceSaysSoWithStatus400) {
  open("{access_key_id: AKIA, secret_access_key: secret}");
  const auto cause_of = [&](const std::string& body) {
    service_ = [body](const testing::ReceivedRequest&) { return answer_of(400, body); };
    return send().cause;
  };
  EXPECT_EQ(cause_of(R"({"__type":"com.amazon.coral.service#ExpiredTokenException","message":"x"})"),
            Cause::unauthorized);
  EXPECT_EQ(cause_of("<ErrorResponse><Error><Code>IncompleteSignature</Code></Error></ErrorResponse>"),
            Cause::unauthorized);
  EXPECT_EQ(cause_of(R"({"__type":"ValidationException"})"), Cause::poison_suspected);
  EXPECT_EQ(cause_of("no JSON"), Cause::poison_suspected);
}

TEST_F(AwsKeysTest, InFilesAreReadAgainWhenTheyAreRefused) {
  test::write_file(dir_.path() / "id", "AKIA1\n");
  test::write_file(dir_.path() / "secret", "one\n");
  open("{access_key_id_file: " + (dir_.path() / "id").string() +
       ", secret_access_key_file: " + (dir_.path() / "secret").string() + "}");
  service_ = [](const testing::ReceivedRequest& request) {
    return answer_of(request.headers.at("authorization").find("=AKIA1/") != std::string::npos ? 403 : 200, "");
  };
  EXPECT_EQ(outcome(), "unauthorized: HTTP 403");
  EXPECT_FALSE(sink_->refresh_credentials());
  test::write_file(dir_.path() / "id", "AKIA2\n");
  test::write_file(dir_.path() / "secret", "two\n");
  EXPECT_TRUE(sink_->refresh_credentials());
  EXPECT_EQ(outcome(), "delivered");
  EXPECT_EQ(keys_used(), "AKIA2");
}

TEST_F(AwsKeysTest, AreNeverInAReason) {
  serve_instance("ASIA1");
  open("{type: instance, endpoint: '{url}'}");
  service_ = [](const testing::ReceivedRequest& request) {
    return answer_of(422, "you sent " + request.headers.at("x-amz-security-token"));
  };
  EXPECT_EQ(outcome(), "HTTP 422: you sent ***");
}

class AwsClock : public AwsRig {
 protected:
  void SetUp() override {
    AwsRig::SetUp();
    checks_time_ = true;
  }
};

TEST_F(AwsClock, AGatewayThatIsTenMinutesOffGoesByTheServices) {
  for (const auto wrong : {10min, -10min}) {
    clock_.wrong = wrong;
    open("{access_key_id: A, secret_access_key: s}");
    EXPECT_EQ(outcome(), "unauthorized: HTTP 403");
    EXPECT_TRUE(sink_->refresh_credentials());
    EXPECT_EQ(outcome(), "delivered");
    EXPECT_EQ(outcome(), "delivered");
  }
}

TEST_F(AwsClock, ThatIsSetRightMeanwhileIsFollowed) {
  clock_.wrong = 2h;
  open("{access_key_id: A, secret_access_key: s}");
  EXPECT_EQ(outcome(), "unauthorized: HTTP 403");
  EXPECT_TRUE(sink_->refresh_credentials());
  EXPECT_EQ(outcome(), "delivered");
  clock_.wrong = 0min;
  EXPECT_EQ(outcome(), "unauthorized: HTTP 403");
  EXPECT_TRUE(sink_->refresh_credentials());
  EXPECT_EQ(outcome(), "delivered");
}

TEST_F(AwsClock, ARoleIsAskedForAgainAtTheRightTime) {
  clock_.wrong = -20min;
  answer("/sts", role_document("ASIA1"));
  open("{access_key_id: A, secret_access_key: s, role_arn: arn:r, sts_endpoint: '{url}/sts'}");
  EXPECT_EQ(outcome(), "delivered") << "the service is signed for at the time that STS told";
  EXPECT_EQ(requests_to("/sts"), 2u);
  EXPECT_EQ(requests_to("/service"), 1u);
}

TEST_F(AwsClock, KeysEndByTheClockOfTheirProvider) {
  clock_.wrong = 2h;
  serve_instance("ASIA1", 1h);
  open("{type: instance, endpoint: '{url}'}");
  EXPECT_EQ(outcome(), "delivered");
}

}  // namespace
}  // namespace tidegate::auth
