#include "connectors/auth/encoding.h"

#include <gtest/gtest.h>

#include "connectors/auth/hmac.h"

namespace tidegate::auth {
namespace {

std::string base64url(std::string_view bytes) {
  std::string out;
  append_base64url(bytes, out);
  return out;
}

TEST(Base64Url, IsWhatTheRfcShows) {
  EXPECT_EQ(base64url("\x03\xec\xff\xe0\xc1"), "A-z_4ME");  // RFC 7515, appendix C
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
}

TEST(Base64Url, LeavesWhatStoodThere) {
  std::string out = "a+/=";
  append_base64url("\xff", out);
  EXPECT_EQ(out, "a+/=_w");
}

TEST(PercentEncoding, LeavesOnlyUnreservedCharacters) {
  std::string out;
  append_percent_encoded("aZ09-._~", out);
  EXPECT_EQ(out, "aZ09-._~");
  out.clear();
  append_percent_encoded("https://a b/\xc3\xa9?x=1&y+%", out);
  EXPECT_EQ(out, "https%3A%2F%2Fa%20b%2F%C3%A9%3Fx%3D1%26y%2B%25");
}

TEST(FormFields, AreJoined) {
  std::string out;
  append_form_field("grant_type", "client_credentials", out);
  append_form_field("scope", "a b&c", out);
  EXPECT_EQ(out, "grant_type=client_credentials&scope=a%20b%26c");
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

// RFC 4231, sections 4.2, 4.3 and 4.7: a short key, the parts cut anywhere, a key longer than a block.
TEST(Hmac, AgreesWithTheRfc) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), {"Hi There"})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const std::string jefe = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  EXPECT_EQ(hex(hmac_sha256("Jefe", {"what do ya want for nothing?"})), jefe);
  EXPECT_EQ(hex(hmac_sha256("Jefe", {"what do ", "", "ya want", " for nothing?"})), jefe);
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), {"Test Using Larger Than Block-Size Key - Hash Key First"})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, AnEmptyKeyIsAKeyAndNotTheOneBefore) {
  EXPECT_EQ(hex(hmac_sha256("", {""})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(hmac_sha256({}, {""}), hmac_sha256("", {}));
}

}  // namespace
}  // namespace tidegate::auth
