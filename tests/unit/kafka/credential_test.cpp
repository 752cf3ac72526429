// TLS and SASL, against a scripted broker that speaks both.

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/files/temp_dir.h"
#include "tests/support/kafka/scripted_kafka.h"
#include "tests/support/receiver/test_certs.h"
#include "tests/unit/kafka/sink_fixture.h"

namespace tidegate::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class KafkaCredential : public KafkaSinkTest {
 protected:
  KafkaCredential() {
    const auto made = make_test_certs(dir_ / "certs");
    EXPECT_TRUE(made) << made.error().message;
    certs_ = *made;
    write_password("first-p4ssword");
  }
  void write_password(const std::string& password) { std::ofstream(dir_ / "password") << password << "\n"; }
  [[nodiscard]] ScriptedKafka::Script script(const std::string& password) const {
    return {certs_.server_cert, certs_.server_key, "plant-7", password};
  }
  std::unique_ptr<Sink> secured(const ScriptedKafka& broker, const std::string& more = "") {
    return make("topic: events\ntls: {ca_file: " + certs_.ca_cert.string() +
                    "}\nsasl: {mechanism: plain, user: plant-7, password_file: " + (dir_ / "password").string() +
                    "}\ntimeout: {connect: 5s, delivery: 60s}\n" + more,
                broker.bootstrap());
  }

  const test::TempDir dir_;
  TestCerts certs_;
};

TEST_F(KafkaCredential, RightPasswordOverTlsDelivers) {
  ScriptedKafka broker(script("first-p4ssword"));
  const auto sink = secured(broker);
  const Status connected = sink->connect(patience(), {});
  ASSERT_TRUE(connected) << connected.error().message;
  EXPECT_EQ(broker.taken(), 0u);
  EXPECT_EQ(fates(send(*sink, batch({"a", "b"}, 50)), 1), "d");
  EXPECT_EQ(broker.taken(), 50u);
}

TEST_F(KafkaCredential, WrongPasswordIsSaidSoAndNotQuoted) {
  ScriptedKafka broker(script("another"));
  const auto sink = secured(broker);
  const Status connected = sink->connect(patience(), {});
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::refused);
  EXPECT_THAT(connected.error().message, HasSubstr("Invalid username or password"));
  const Settled settled = send(*sink, batch({"a"}, 3));
  EXPECT_EQ(fates(settled, 3), "rrr");
  EXPECT_EQ(settled.cause, Cause::unauthorized);
  EXPECT_THAT(settled.outcomes[0].reason, Not(HasSubstr("p4ssword")));
}

TEST_F(KafkaCredential, PasswordThatChangesUnderLoadIsReadAgain) {
  ScriptedKafka broker(script("first-p4ssword"));
  const auto sink = secured(broker);
  EXPECT_EQ(fates(send(*sink, batch({"a", "b"}, 20)), 1), "d");
  broker.change_password("second-p4ssword");
  const Batch next = batch({"a", "b"}, 20);
  const Settled refused = send(*sink, next);
  EXPECT_EQ(refused.cause, Cause::unauthorized) << fates(refused, 20);
  EXPECT_FALSE(sink->refresh_credentials()) << "the file is still the old one";
  write_password("second-p4ssword");
  EXPECT_TRUE(sink->refresh_credentials());
  EXPECT_EQ(fates(send(*sink, next), 1), "d");
  EXPECT_GE(broker.taken(), 40u);
}

TEST_F(KafkaCredential, CertificateThatNobodyVouchesForIsSaidSo) {
  const auto others = make_test_certs(dir_ / "others");
  ASSERT_TRUE(others);
  ScriptedKafka broker({others->server_cert, others->server_key, "", ""});
  const auto sink = make("topic: events\ntls: {ca_file: " + certs_.ca_cert.string() + "}", broker.bootstrap());
  const Status connected = sink->connect(patience(), {});
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::unavailable);
  EXPECT_THAT(connected.error().message, HasSubstr("certificate verify failed"));
}

TEST_F(KafkaCredential, CertificateOfAnotherHostIsRefused) {
  const auto others = make_test_certs(dir_ / "others", "DNS:kafka.example.com");
  ASSERT_TRUE(others);
  ScriptedKafka broker({others->server_cert, others->server_key, "", ""});
  const auto sink = make("topic: events\ntls: {ca_file: " + others->ca_cert.string() + "}", broker.bootstrap());
  const Status connected = sink->connect(patience(), {});
  ASSERT_FALSE(connected);
  EXPECT_THAT(connected.error().message, AnyOf(HasSubstr("certificate"), HasSubstr("SSL")));
}

TEST_F(KafkaCredential, MechanismThatTheBrokerDoesNotKnowIsTheCredentials) {
  ScriptedKafka broker(script("first-p4ssword"));
  const auto sink = make("topic: events\ntls: {ca_file: " + certs_.ca_cert.string() +
                             "}\nsasl: {mechanism: scram_sha_512, user: plant-7, password: x}",
                         broker.bootstrap());
  const Status connected = sink->connect(patience(), {});
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::refused) << connected.error().message;
}

}  // namespace
}  // namespace tidegate::testing
