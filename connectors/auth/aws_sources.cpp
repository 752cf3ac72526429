#include "connectors/auth/aws_sources.h"

#include <fmt/format.h>

#include "connectors/auth/aws_request.h"
#include "connectors/auth/encoding.h"
#include "connectors/auth/limits.h"
#include "connectors/auth/program.h"
#include "gateway/config/files.h"

namespace tidegate::auth {
namespace {

constexpr std::string_view kStsVersion = "2011-06-15";
/// Of the metadata service's session; the longest it gives.
constexpr std::string_view kSessionSeconds = "21600";
constexpr std::string_view kSessionHeader = "X-aws-ec2-metadata-token";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kSpace);
  return from == text.npos ? std::string_view() : text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

/// A token that a file holds. *Errors*: unavailable: it may be there soon.
Result<std::string> read_token(const std::filesystem::path& file) {
  const auto text = read_file_text(file, limits::kTokenBytesMax);
  const auto fault = [&](std::string_view why) {
    return Error{ErrorCode::unavailable, fmt::format("{} {}", file.string(), why)};
  };
  if (!text) return fault(text.error().message);
  std::string token(trimmed(*text));
  if (token.empty()) return fault("is empty");
  if (!http::is_header_value(token)) return fault("holds more than a token");
  return token;
}

std::string form_of_role(std::string_view action, const AwsRole& role) {
  std::string form;
  append_form_field("Action", action, form);
  append_form_field("Version", kStsVersion, form);
  append_form_field("RoleArn", role.arn, form);
  append_form_field("RoleSessionName", role.session_name, form);
  append_form_field("DurationSeconds", std::to_string(role.duration.count()), form);
  if (!role.external_id.empty()) append_form_field("ExternalId", role.external_id, form);
  return form;
}

void write_sts_request(const StsEndpoint& sts, std::string form, http::Request& request) {
  request.url = sts.url;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = std::move(form);
}

Result<AwsCredentials> credentials_of_role(const AwsRole& role, const http::Reply& reply) {
  auto read = reply.status == 200 ? read_sts_reply(reply.body)
                                  : Result<AwsCredentials>(provider_refusal(reply.status, reply.body));
  if (!read) return read.error().in(fmt::format("the role {}", role.arn));
  return read;
}

}  // namespace

Result<bool> ProgramKeys::next(http::Request&, WallTime) {
  const auto fault = [](const Error& error) {
    return Error{error.code, "the credential process " + error.message};  // its arguments may be secret
  };
  const auto words = split_command(command_);
  if (!words) return fault(words.error());
  const auto output = run_program(*words, limits::kErrandStepMax);
  if (!output) return fault(output.error());
  auto read = read_process_output(*output);
  if (!read) return read.error().in("the credential process");
  credentials_ = *std::move(read);
  return false;
}

Result<bool> DocumentKeys::next(http::Request& request, WallTime) {
  if (done_) return false;
  request.method = "GET";
  request.url = document_.url;
  if (!document_.value_file.empty()) {
    const auto token = read_token(document_.value_file);
    if (!token) return token.error();
    request.headers.add(document_.header, *token);
  } else if (!document_.value.empty()) {
    request.headers.add(document_.header, document_.value);
  }
  return true;
}

Status DocumentKeys::take(const http::Reply& reply, WallTime) {
  auto read = reply.status == 200 ? document_.read(reply.body)
                                  : Result<AwsCredentials>(provider_refusal(reply.status, reply.body));
  if (!read) return read.error().in(document_.who);
  credentials_ = *std::move(read);
  done_ = true;
  return {};
}

Result<bool> InstanceKeys::next(http::Request& request, WallTime) {
  if (step_ == Step::done) return false;
  request.method = "GET";
  switch (step_) {
    case Step::token:
      request.method = "PUT";
      request.url = endpoint_ + "/latest/api/token";
      request.headers.add("X-aws-ec2-metadata-token-ttl-seconds", kSessionSeconds);
      return true;
    case Step::role: request.url = endpoint_ + std::string(kRolePath); break;
    case Step::keys:
      request.url = endpoint_ + std::string(kRolePath);
      append_percent_encoded(role_, request.url);
      break;
    case Step::done: break;
  }
  request.headers.add(kSessionHeader, token_);
  return true;
}

Status InstanceKeys::take(const http::Reply& reply, WallTime) {
  const auto fault = [](const Error& error) { return error.in("the instance metadata service"); };
  if (reply.status == 404 && step_ == Step::role) {
    return fault({ErrorCode::refused, "no role is attached to the instance"});
  }
  if (reply.status != 200) return fault(provider_refusal(reply.status, reply.body));
  const std::string_view text = trimmed(reply.body);
  switch (step_) {
    case Step::token:
      if (text.empty() || !http::is_header_value(text)) {
        return fault({ErrorCode::unavailable, "the answer is of no use: it is not a token"});
      }
      token_ = text;
      step_ = Step::role;
      return {};
    case Step::role:
      role_ = trimmed(text.substr(0, text.find('\n')));
      if (role_.empty()) return fault({ErrorCode::refused, "no role is attached to the instance"});
      step_ = Step::keys;
      return {};
    case Step::keys: break;
    case Step::done: return {};
  }
  auto read = read_metadata_reply(reply.body);
  if (!read) return fault(read.error());
  credentials_ = *std::move(read);
  step_ = Step::done;
  return {};
}

Result<bool> WebIdentityKeys::next(http::Request& request, WallTime) {
  if (done_) return false;
  const auto token = read_token(token_file_);
  if (!token) return token.error();
  std::string form = form_of_role("AssumeRoleWithWebIdentity", role_);
  append_form_field("WebIdentityToken", *token, form);
  write_sts_request(sts_, std::move(form), request);
  return true;
}

Status WebIdentityKeys::take(const http::Reply& reply, WallTime) {
  auto read = credentials_of_role(role_, reply);
  if (!read) return std::move(read).error();
  credentials_ = *std::move(read);
  done_ = true;
  return {};
}

Result<bool> RoleKeys::next(http::Request& request, WallTime now) {
  if (done_) return false;
  if (base_) {
    const auto more = base_->next(request, now);
    if (!more || *more) return more;
    base_keys_ = base_->credentials().keys;
    base_.reset();
  }
  write_sts_request(sts_, form_of_role("AssumeRole", role_), request);
  auto signer = AwsRequestSigner::create(SigV4Scope::of(sts_.region, "sts"));
  if (!signer) return std::move(signer).error();
  if (Status made = signer->sign(request, base_keys_, now); !made) return std::move(made).error();
  return true;
}

Status RoleKeys::take(const http::Reply& reply, WallTime now) {
  if (base_) return base_->take(reply, now);
  auto read = credentials_of_role(role_, reply);
  if (!read) return std::move(read).error();
  credentials_ = *std::move(read);
  done_ = true;
  return {};
}

}  // namespace tidegate::auth
