// The signing test suite of AWS, where it is at hand: every case that signs in headers.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "connectors/auth/aws_sigv4.h"
#include "gateway/event/rfc3339.h"
#include "tests/support/files/shared_data.h"
#include "tests/support/process/process.h"

namespace tidegate::auth {
namespace {

struct SuiteRequest {
  std::string method, target, body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// request.txt: a request line, "Name:value" lines that may be folded, an empty line, the body.
SuiteRequest read_request(const std::string& text) {
  SuiteRequest request;
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  if (end + 2 <= text.size()) request.body = text.substr(end + 2);
  std::istringstream head(text.substr(0, end));
  std::string line;
  std::getline(head, line);
  const std::size_t method = line.find(' '), version = line.rfind(' ');
  request.method = line.substr(0, method);
  request.target = line.substr(method + 1, version - method - 1);
  while (std::getline(head, line)) {
    if (line.starts_with(' ')) {
      request.headers.back().second += "\n" + line;
    } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
      request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    }
  }
  return request;
}

void check_case(const std::filesystem::path& folder) {
  SCOPED_TRACE(folder.filename().string());
  const auto context = nlohmann::json::parse(test::read_file(folder / "context.json"));
  const SuiteRequest request = read_request(test::read_file(folder / "request.txt"));
  SigV4Scope scope;
  scope.region = context.at("region");
  scope.service = context.at("service");
  scope.path = context.at("normalize").get<bool>() ? CanonicalPath::normalized : CanonicalPath::as_sent;
  scope.content_hash_header = context.at("sign_body");
  scope.sign_session_token = !context.value("omit_session_token", false);
  const auto& given = context.at("credentials");
  const AwsKeys keys{given.at("access_key_id"), Secret(given.at("secret_access_key").get<std::string>()),
                     Secret(given.value("token", ""))};
  const auto time = parse_rfc3339(context.at("timestamp").get<std::string>());
  ASSERT_TRUE(time);
  auto signer = SigV4Signer::create(scope);
  ASSERT_TRUE(signer);
  std::vector<HeaderField> headers;
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  const auto added = signer->sign({request.method, request.target, headers, {request.body, {}}}, keys, *time);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(signer->canonical_request(), test::read_file(folder / "header-canonical-request.txt"));
  EXPECT_EQ(signer->string_to_sign(), test::read_file(folder / "header-string-to-sign.txt"));
  const std::string wanted = test::read_file(folder / "header-signed-request.txt");
  for (const auto& [name, value] : *added) {
    std::string line(name);
    line.append(":").append(value);
    const std::string canonical_name = name == "X-Amz-Content-Sha256" ? "x-amz-content-sha256" : std::string(name);
    EXPECT_TRUE(wanted.find(line + "\n") != std::string::npos ||
                wanted.find(canonical_name + ":" + std::string(value) + "\n") != std::string::npos)
        << line << "\nis not in\n"
        << wanted;
  }
  EXPECT_TRUE(added->front().value.ends_with("Signature=" + test::read_file(folder / "header-signature.txt")));
}

TEST(AwsSigningSuite, EveryCaseThatSignsInHeadersAgrees) {
  const auto suite = test::shared_data(TIDEGATE_SOURCE_DIR) / "sigv4/aws-signing-test-suite/v4";
  if (!std::filesystem::exists(suite)) GTEST_SKIP() << "no aws-signing-test-suite beside the source tree";
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(suite)) {
    if (!std::filesystem::exists(entry.path() / "context.json")) continue;
    check_case(entry.path());
    ++cases;
  }
  RecordProperty("cases", cases);
  EXPECT_GE(cases, 38);
}

}  // namespace
}  // namespace tidegate::auth
