#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "connectors/auth/aws_key_source.h"

/// The sources one by one; make_key_source() chooses.
namespace tidegate::auth {

/// Keys that are there already.
class GivenKeys final : public AwsKeySource {
 public:
  explicit GivenKeys(AwsCredentials credentials) : credentials_(std::move(credentials)) {}
  Result<bool> next(http::Request&, WallTime) override { return false; }
  Status take(const http::Reply&, WallTime) override { return {}; }
  [[nodiscard]] const AwsCredentials& credentials() const noexcept override { return credentials_; }

 private:
  AwsCredentials credentials_;
};

/// What a program prints.
class ProgramKeys final : public AwsKeySource {
 public:
  explicit ProgramKeys(std::string command) : command_(std::move(command)) {}
  Result<bool> next(http::Request&, WallTime) override;
  Status take(const http::Reply&, WallTime) override { return {}; }
  [[nodiscard]] const AwsCredentials& credentials() const noexcept override { return credentials_; }

 private:
  std::string command_;
  AwsCredentials credentials_;
};

/// One GET of a JSON document: of a container's agent, or of AWS IoT with a device certificate.
class DocumentKeys final : public AwsKeySource {
 public:
  using Read = Result<AwsCredentials> (*)(std::string_view body);
  struct Document {
    std::string who;  ///< for messages
    std::string url;
    std::string header, value;         ///< sent along unless empty
    std::filesystem::path value_file;  ///< read for each request; then `value` is not used
    Read read;
  };
  DocumentKeys(Document document, http::ConnectionOptions connection)
      : document_(std::move(document)), connection_(std::move(connection)) {}
  Result<bool> next(http::Request& request, WallTime) override;
  Status take(const http::Reply& reply, WallTime) override;
  [[nodiscard]] const http::ConnectionOptions* connection() const override { return &connection_; }
  [[nodiscard]] const AwsCredentials& credentials() const noexcept override { return credentials_; }

 private:
  Document document_;
  http::ConnectionOptions connection_;
  bool done_ = false;
  AwsCredentials credentials_;
};

/// The instance metadata service: a session token, the role's name, its keys. *Source*: EC2, "IMDSv2".
class InstanceKeys final : public AwsKeySource {
 public:
  InstanceKeys(std::string endpoint, http::ConnectionOptions connection)
      : endpoint_(std::move(endpoint)), connection_(std::move(connection)) {}
  Result<bool> next(http::Request& request, WallTime) override;
  Status take(const http::Reply& reply, WallTime) override;
  [[nodiscard]] const http::ConnectionOptions* connection() const override { return &connection_; }
  [[nodiscard]] const AwsCredentials& credentials() const noexcept override { return credentials_; }

 private:
  enum class Step : std::uint8_t { token, role, keys, done };
  std::string endpoint_;
  http::ConnectionOptions connection_;
  Step step_ = Step::token;
  std::string token_, role_;
  AwsCredentials credentials_;
};

/// A role to take on. *Source*: the STS API reference.
struct AwsRole {
  std::string arn, session_name, external_id;
  std::chrono::seconds duration{3600};
};

/// Where roles are taken on.
struct StsEndpoint {
  std::string url, region;
  const http::ConnectionOptions* connection;
};

/// A role, for the token of another identity provider.
class WebIdentityKeys final : public AwsKeySource {
 public:
  WebIdentityKeys(AwsRole role, std::filesystem::path token_file, StsEndpoint sts)
      : role_(std::move(role)), token_file_(std::move(token_file)), sts_(std::move(sts)) {}
  Result<bool> next(http::Request& request, WallTime) override;
  Status take(const http::Reply& reply, WallTime) override;
  [[nodiscard]] const http::ConnectionOptions* connection() const override { return sts_.connection; }
  [[nodiscard]] const AwsCredentials& credentials() const noexcept override { return credentials_; }

 private:
  AwsRole role_;
  std::filesystem::path token_file_;
  StsEndpoint sts_;
  bool done_ = false;
  AwsCredentials credentials_;
};

/// A role, for keys of another source.
class RoleKeys final : public AwsKeySource {
 public:
  RoleKeys(std::unique_ptr<AwsKeySource> base, AwsRole role, StsEndpoint sts)
      : base_(std::move(base)), role_(std::move(role)), sts_(std::move(sts)) {}
  Result<bool> next(http::Request& request, WallTime now) override;
  Status take(const http::Reply& reply, WallTime now) override;
  [[nodiscard]] const http::ConnectionOptions* connection() const override {
    return base_ ? base_->connection() : sts_.connection;
  }
  [[nodiscard]] const AwsCredentials& credentials() const noexcept override { return credentials_; }

 private:
  std::unique_ptr<AwsKeySource> base_;  ///< null: it has given its keys
  AwsKeys base_keys_;
  AwsRole role_;
  StsEndpoint sts_;
  bool done_ = false;
  AwsCredentials credentials_;
};

}  // namespace tidegate::auth
