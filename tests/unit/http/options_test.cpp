#include "connectors/http/options.h"

#include <gtest/gtest.h>

namespace tidegate::http {
namespace {

std::string error_of(const std::string& yaml) {
  const auto parsed = sink_table().parse_text(yaml);
  return parsed ? "" : parsed.error().message;
}

TEST(HttpOptions, OneLineIsEnough) {
  const auto parsed = sink_table().parse_text("url: https://ingest.example.com/events");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->format, Format::cloudevents);
  EXPECT_FALSE(parsed->follow_redirects);
  EXPECT_FALSE(parsed->tls.insecure_skip_verify);
}

TEST(HttpOptions, EveryOptionIsRead) {
  const auto parsed = sink_table().parse_text(R"(
url: https://ingest.example.com/events
method: PUT
headers: { X-Site: plant-7 }
format: ndjson
compression: zstd
auth: { type: header, name: X-Api-Key, value: s3cret }
tls: { insecure_skip_verify: true }
proxy: { url: "http://proxy:3128", user: u, password: p }
timeout: { connect: 1s, total: 5s }
http_version: "1.1"
follow_redirects: true
)");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->method, Method::put);
  EXPECT_EQ(parsed->headers.at("X-Site"), "plant-7");
  EXPECT_EQ(parsed->auth.value.value().reveal(), "s3cret");
  EXPECT_EQ(parsed->timeout.total, milliseconds(5000));
  EXPECT_EQ(parsed->http_version, Version::http_1_1);
}

TEST(HttpOptions, MistakesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "url"},
      {"url: ftp://x/", "must start with https"},
      {"url: not a url", "is not a URL"},
      {"url: https://u:p@x/", "put them under auth"},
      {"{url: https://x/, auth: {type: bearer}}", "token"},
      {"{url: https://x/, auth: {type: basic}}", "user"},
      {"{url: https://x/, auth: {token: t}}", "there is a credential"},
      {"{url: https://x/, auth: {type: header, name: 'a b', value: x}}", "name of an HTTP header"},
      {"{url: https://x/, headers: {Content-Length: '5'}}", "set by the sink itself"},
      {"{url: https://x/, headers: {'A:B': '5'}}", "not the name of an HTTP header"},
      {"{url: https://x/, headers: {A: \"x\\r\\nB: y\"}}", "control characters"},
      {"{url: https://x/, headers: {authorization: x}, auth: {type: bearer, token: t}}", "already set by auth"},
      {"{url: https://x/, formt: raw}", "format"},
  };
  for (const auto& [yaml, expected] : cases) {
    EXPECT_NE(error_of(yaml).find(expected), std::string::npos) << yaml << " -> " << error_of(yaml);
  }
}

}  // namespace
}  // namespace tidegate::http
