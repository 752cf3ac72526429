#include "connectors/stores/reply_text.h"

#include <gtest/gtest.h>

#include "connectors/stores/store.h"

namespace tidegate::stores {
namespace {

TEST(ReplyText, IsWhatTheStoreSays) {
  EXPECT_EQ(reply_text(R"({"error":"database not found"})"), "database not found");
  EXPECT_EQ(reply_text(R"({"code":"not found","message":"bucket not found"})"), "bucket not found");
  EXPECT_EQ(reply_text(R"({"text":"Invalid token","code":4})"), "Invalid token");
  EXPECT_EQ(reply_text(R"({"error":{"type":"security_exception","reason":"missing authentication"},"status":401})"),
            "missing authentication");
  EXPECT_EQ(reply_text(R"({"error":5})"), R"({"error":5})");
  EXPECT_EQ(reply_text("<html>\nno"), "<html> no");
  EXPECT_EQ(reply_text(""), "");
  EXPECT_EQ(reply_text("{\"error\":\"" + std::string(2000, 'x') + "\"}").size(), 512u);
}

TEST(Store, AnAddressIsJoinedWithAPath) {
  EXPECT_EQ(join("http://h:1", "/write"), "http://h:1/write");
  EXPECT_EQ(join("http://h:1/", "/write"), "http://h:1/write");
  EXPECT_EQ(join("http://h:1/base/", "/write"), "http://h:1/base/write");
}

TEST(Store, OptionsThatCannotWorkTogetherAreNamed) {
  StoreOptions options;
  options.url = "http://h:1";
  EXPECT_FALSE(check_store(options));
  options.url = "http://h:1/?db=x";
  EXPECT_EQ(check_store(options)->option, "url");
  options.url = "ftp://h";
  EXPECT_EQ(check_store(options)->option, "url");
  options.url = "http://h:1";
  options.token = StoredSecret(Secret("t"));
  options.auth.type = auth::AuthType::basic;
  EXPECT_EQ(check_store(options)->option, "auth");
}

}  // namespace
}  // namespace tidegate::stores
