#include "connectors/auth/aws_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;
using Type = AwsCredentialType;

std::optional<OptionFault> missing_fault(const AwsCredentialOptions& options) {
  switch (options.type) {
    case Type::keys:
      if (options.access_key_id.empty()) return OptionFault{"type", "is keys, which needs access_key_id"};
      return std::nullopt;
    case Type::process:
      if (options.command.empty()) return OptionFault{"type", "is process, which needs command"};
      return std::nullopt;
    case Type::iot:
      if (options.endpoint.empty()) return OptionFault{"type", "is iot, which needs endpoint"};
      if (options.role_alias.empty()) return OptionFault{"type", "is iot, which needs role_alias"};
      if (options.tls.cert_file.empty()) {
        return OptionFault{"type", "is iot, which needs the device's certificate: tls.cert_file and tls.key_file"};
      }
      return std::nullopt;
    default: return std::nullopt;
  }
}

/// An option that this type does not read would be a mistake that nobody sees.
std::optional<OptionFault> misplaced_fault(const AwsCredentialOptions& options) {
  const Type type = options.type;
  struct Use {
    std::string_view option;
    bool given, read;
  };
  const bool has_keys = type == Type::keys || type == Type::automatic;
  for (const Use& use :
       std::initializer_list<Use>{{"access_key_id", !options.access_key_id.empty(), has_keys},
                                  {"secret_access_key", !options.secret_access_key.empty(), has_keys},
                                  {"session_token", !options.session_token.empty(), has_keys},
                                  {"profile", !options.profile.empty(), type == Type::profile},
                                  {"config_file", !options.config_file.empty(), type == Type::profile},
                                  {"credentials_file", !options.credentials_file.empty(), type == Type::profile},
                                  {"command", !options.command.empty(), type == Type::process},
                                  {"token_file", !options.token_file.empty(), type == Type::web_identity},
                                  {"endpoint", !options.endpoint.empty(),
                                   type == Type::container || type == Type::instance || type == Type::iot},
                                  {"role_alias", !options.role_alias.empty(), type == Type::iot},
                                  {"thing_name", !options.thing_name.empty(), type == Type::iot}}) {
    if (use.given && !use.read) return OptionFault{std::string(use.option), "is of no use with this type"};
  }
  return std::nullopt;
}

std::optional<OptionFault> credentials_fault(const AwsCredentialOptions& options) {
  if (auto fault = missing_fault(options)) return fault;
  if (auto fault = misplaced_fault(options)) return fault;
  if (options.access_key_id.empty() != options.secret_access_key.empty()) {
    return OptionFault{options.access_key_id.empty() ? "secret_access_key" : "access_key_id",
                       "needs the other of access_key_id and secret_access_key"};
  }
  for (const auto& [name, url] : {std::pair("endpoint", std::cref(options.endpoint)),
                                  std::pair("sts_endpoint", std::cref(options.sts_endpoint))}) {
    if (url.get().empty()) continue;
    if (auto fault = http::url_fault(url)) return OptionFault{name, *std::move(fault)};
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<AwsCredentialOptions>& aws_credentials_table() {
  static const auto table =
      OptionTableOf<AwsCredentialOptions>("Where the AWS keys come from.")
          .choice(
              "type", &AwsCredentialOptions::type,
              {{"auto", Type::automatic,
                "The first that is there: keys given here; AWS_ACCESS_KEY_ID in the environment; a web identity in "
                "the environment; the profile; a container's; the instance's."},
               {"keys", Type::keys, "`access_key_id`, `secret_access_key` and maybe `session_token`."},
               {"environment", Type::environment,
                "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and maybe AWS_SESSION_TOKEN."},
               {"profile", Type::profile,
                "The files that the AWS tools share, `~/.aws/credentials` and `~/.aws/config`."},
               {"process", Type::process, "What `command` prints: the JSON of a credential_process."},
               {"web_identity", Type::web_identity, "The token of another identity provider, for the role `role_arn`."},
               {"container", Type::container, "The agent of ECS or EKS (pod identity), as the environment says."},
               {"instance", Type::instance, "The metadata service of the EC2 instance (IMDSv2)."},
               {"iot", Type::iot,
                "The credentials provider of AWS IoT: a device certificate for the role of `role_alias`."}},
              "Kind of source.")
          .secret("access_key_id", &AwsCredentialOptions::access_key_id, "Of type keys.")
          .secret("secret_access_key", &AwsCredentialOptions::secret_access_key, "Of type keys.")
          .secret("session_token", &AwsCredentialOptions::session_token, "Of type keys: of keys that expire.")
          .option("profile", &AwsCredentialOptions::profile, "Its name.")
          .default_text("AWS_PROFILE, else default")
          .option("config_file", &AwsCredentialOptions::config_file, "The one of the profile.")
          .default_text("AWS_CONFIG_FILE, else ~/.aws/config")
          .option("credentials_file", &AwsCredentialOptions::credentials_file, "The other one.")
          .default_text("AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials")
          .option("command", &AwsCredentialOptions::command,
                  "Of type process: the program and its arguments, without a shell. It may take 10s.")
          .option("token_file", &AwsCredentialOptions::token_file, "Of type web_identity; read for each request.")
          .default_text("AWS_WEB_IDENTITY_TOKEN_FILE")
          .option(
              "endpoint", &AwsCredentialOptions::endpoint,
              "Of type iot: the account's, such as https://c2sakl5huz0afv.credentials.iot.eu-central-1.amazonaws.com "
              "(aws iot describe-endpoint --endpoint-type iot:CredentialProvider). Of type container or instance: "
              "another than usual.")
          .option("role_alias", &AwsCredentialOptions::role_alias, "Of type iot.")
          .option("thing_name", &AwsCredentialOptions::thing_name,
                  "Of type iot: for policies that name the thing; it must be attached to the certificate.")
          .section("tls", &AwsCredentialOptions::tls, http::tls_table(),
                   "Towards that endpoint. Of type iot: the device's certificate.")
          .option("role_arn", &AwsCredentialOptions::role_arn,
                  "A role to take on with the keys. Of type web_identity: the role (default: AWS_ROLE_ARN).")
          .option("role_session_name", &AwsCredentialOptions::role_session_name, "What AWS's records call the gateway.")
          .option("role_duration", &AwsCredentialOptions::role_duration,
                  "How long the role's keys hold; at most what the role allows.", between(15min, 12h))
          .option("external_id", &AwsCredentialOptions::external_id, "When the role's owner wants one.")
          .option("sts_endpoint", &AwsCredentialOptions::sts_endpoint, "Where roles are taken on.")
          .default_text("https://sts.REGION.amazonaws.com")
          .check(credentials_fault);
  return table;
}

bool is_aws_region(std::string_view region) noexcept {
  return region.size() >= 5 && region.size() <= 32 && std::ranges::all_of(region, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::string aws_endpoint(std::string_view service, std::string_view region) {
  const std::string_view domain = region.starts_with("cn-")        ? "amazonaws.com.cn"
                                  : region.starts_with("us-isob-") ? "sc2s.sgov.gov"
                                  : region.starts_with("us-iso-")  ? "c2s.ic.gov"
                                                                   : "amazonaws.com";
  return fmt::format("https://{}.{}.{}", service, region, domain);
}

}  // namespace tidegate::auth
