#include "connectors/auth/service_account.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "connectors/auth/limits.h"
#include "keys.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate::auth {
namespace {

using nlohmann::json;

json key_file() {
  return {{"type", "service_account"},
          {"project_id", "plant-7"},
          {"private_key_id", "0123abc"},
          {"private_key", test::kRfcRsaKey},
          {"client_email", "edge@plant-7.iam.gserviceaccount.com"},
          {"client_id", "1"},
          {"token_uri", "https://oauth2.example/token"},
          {"universe_domain", "googleapis.com"}};
}

std::string fault_of(const json& file) {
  const auto account = parse_service_account(file.dump());
  return account ? "" : account.error().message;
}

TEST(ServiceAccount, IsReadFromTheFileOfTheConsole) {
  const tidegate::test::TempDir dir;
  const auto account = read_service_account(dir.write("key.json", key_file().dump(2)));
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->email, "edge@plant-7.iam.gserviceaccount.com");
  EXPECT_EQ(account->key_id, "0123abc");
  EXPECT_EQ(account->token_uri, "https://oauth2.example/token");
  EXPECT_TRUE(account->key.sign(JwtAlgorithm::rs256, "text"));
}

TEST(ServiceAccount, TokensComeFromGoogleUnlessTheFileSaysOtherwise) {
  json file = key_file();
  file.erase("token_uri");
  const auto account = parse_service_account(file.dump());
  ASSERT_TRUE(account);
  EXPECT_EQ(account->token_uri, "https://oauth2.googleapis.com/token");
}

TEST(ServiceAccount, AnotherFileIsToldApart) {
  const auto without = [](const char* name) {
    json file = key_file();
    file.erase(name);
    return fault_of(file);
  };
  const auto with = [](const char* name, const json& value) {
    json file = key_file();
    file[name] = value;
    return fault_of(file);
  };
  EXPECT_NE(without("type").find("type"), std::string::npos);
  EXPECT_NE(with("type", "authorized_user").find("type is not service_account"), std::string::npos);
  EXPECT_NE(without("client_email").find("client_email"), std::string::npos);
  EXPECT_NE(with("client_email", "a\nb").find("client_email"), std::string::npos);
  EXPECT_NE(with("client_email", 5).find("client_email"), std::string::npos);
  EXPECT_NE(without("private_key").find("private_key"), std::string::npos);
  EXPECT_NE(with("private_key", "secret words").find("not a private key"), std::string::npos);
  EXPECT_EQ(with("private_key", "secret words").find("secret words"), std::string::npos);
  EXPECT_NE(with("private_key", test::kRfcEcKey).find("RSA"), std::string::npos);
  EXPECT_NE(with("token_uri", "").find("token_uri"), std::string::npos);
  EXPECT_NE(parse_service_account("-----BEGIN").error().message.find("not JSON"), std::string::npos);
  EXPECT_NE(parse_service_account("[]").error().message.find("JSON object"), std::string::npos);
}

TEST(ServiceAccount, AFileIsReadWithinALimit) {
  const tidegate::test::TempDir dir;
  EXPECT_EQ(read_service_account(dir / "missing.json").error().code, ErrorCode::io);
  const auto large = dir.write("large.json", std::string(limits::kKeyFileBytesMax + 1, ' '));
  EXPECT_EQ(read_service_account(large).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace tidegate::auth
