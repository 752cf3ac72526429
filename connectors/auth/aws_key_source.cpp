#include "connectors/auth/aws_key_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "connectors/auth/aws_profile.h"
#include "connectors/auth/aws_request.h"
#include "connectors/auth/aws_sources.h"
#include "connectors/auth/encoding.h"
#include "connectors/auth/limits.h"
#include "connectors/http/header_lines.h"
#include "gateway/config/files.h"

namespace tidegate::auth {
namespace {

using Source = Result<std::unique_ptr<AwsKeySource>>;

constexpr std::string_view kContainerAgent = "http://169.254.170.2";
constexpr std::string_view kMetadataService = "http://169.254.169.254";
constexpr std::string_view kMetadataServiceV6 = "http://[fd00:ec2::254]";

Error refused(std::string message) { return {ErrorCode::refused, std::move(message)}; }

/// Plain http may carry keys only to the machine itself and to the agents that AWS runs beside it.
bool is_local(std::string_view authority) {
  constexpr std::array<std::string_view, 3> kAgents = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  const std::size_t port = authority.rfind(':');
  const bool has_port = port != authority.npos && authority.find(']', port) == authority.npos;
  const std::string_view host = has_port ? authority.substr(0, port) : authority;
  const bool four_numbers = std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && four_numbers) ||
         std::ranges::find(kAgents, host) != kAgents.end();
}

/// Chooses the source of keys, and what it needs.
class Chooser {
 public:
  Chooser(const AwsCredentialOptions& options, const AwsSurroundings& surroundings)
      : options_(options), around_(surroundings) {}

  [[nodiscard]] Source choose() const {
    const bool has_own_role = options_.type == AwsCredentialType::web_identity;
    Source base = of_type(options_.type);
    if (!base || options_.role_arn.empty() || has_own_role) return base;
    return in_role(*std::move(base), own_role());
  }

 private:
  [[nodiscard]] std::string variable(const std::string& name) const { return around_.environment(name).value_or(""); }

  [[nodiscard]] Source of_type(AwsCredentialType type) const {
    switch (type) {
      case AwsCredentialType::automatic: return automatic();
      case AwsCredentialType::keys:
        return given({options_.access_key_id.value().reveal(), options_.secret_access_key.value(),
                      options_.session_token.value()},
                     "the configuration");
      case AwsCredentialType::environment: return environment();
      case AwsCredentialType::profile: return profile();
      case AwsCredentialType::process: return made(std::make_unique<ProgramKeys>(options_.command));
      case AwsCredentialType::web_identity: return web_identity(options_.token_file.string(), own_role());
      case AwsCredentialType::container: return container();
      case AwsCredentialType::instance: return instance();
      case AwsCredentialType::iot: return iot();
    }
    return refused("there is no such source of AWS keys");
  }

  [[nodiscard]] Source automatic() const {
    if (!options_.access_key_id.empty()) return of_type(AwsCredentialType::keys);
    if (!variable("AWS_ACCESS_KEY_ID").empty()) return environment();
    if (!variable("AWS_WEB_IDENTITY_TOKEN_FILE").empty() && !variable("AWS_ROLE_ARN").empty()) {
      return web_identity({}, {});
    }
    const auto profiles = read_profiles();
    if (!profiles) return profiles.error();
    if (profiles->has(profile_name()) || !variable("AWS_PROFILE").empty()) return profile();
    if (has_container()) return container();
    if (variable("AWS_EC2_METADATA_DISABLED") == "true") {
      return refused("no AWS keys are configured, and none are in the environment or in a profile");
    }
    return instance();
  }

  static Source made(std::unique_ptr<AwsKeySource> source) { return source; }

  static Source given(AwsKeys keys, std::string_view from) {
    if (const Status checked = check_keys(keys); !checked) {
      return Error{ErrorCode::invalid, fmt::format("{} {}", from, checked.error().message)};
    }
    return made(std::make_unique<GivenKeys>(AwsCredentials{std::move(keys), std::nullopt}));
  }

  [[nodiscard]] Source environment() const {
    return given({variable("AWS_ACCESS_KEY_ID"), Secret(variable("AWS_SECRET_ACCESS_KEY")),
                  Secret(variable("AWS_SESSION_TOKEN"))},
                 "the environment");
  }

  [[nodiscard]] std::string profile_name() const {
    const std::string named = options_.profile.empty() ? variable("AWS_PROFILE") : options_.profile;
    return named.empty() ? "default" : named;
  }

  [[nodiscard]] std::filesystem::path shared_file(const std::filesystem::path& option, const std::string& name,
                                                  std::string_view usual) const {
    if (!option.empty()) return option;
    if (const std::string named = variable(name); !named.empty()) return named;
    const std::string home = variable("HOME");
    return home.empty() ? std::filesystem::path() : std::filesystem::path(home) / ".aws" / usual;
  }

  [[nodiscard]] Result<AwsProfiles> read_profiles() const {
    AwsProfiles profiles;
    // Keys in the file for keys win over those in the other one.
    for (const bool is_config : {false, true}) {
      const auto file = is_config
                            ? shared_file(options_.config_file, "AWS_CONFIG_FILE", "config")
                            : shared_file(options_.credentials_file, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
      std::error_code error;
      if (file.empty() || !std::filesystem::exists(file, error)) continue;
      const auto fault = [&](const std::string& why) {
        return Error{ErrorCode::invalid, fmt::format("{} {}", file.string(), why)};
      };
      const auto text = read_file_text(file, limits::kProfileFileBytesMax);
      if (!text) return fault(text.error().message);
      if (const Status added = profiles.add(*text, is_config); !added) return fault(added.error().message);
    }
    return profiles;
  }

  [[nodiscard]] Source profile() const {
    const auto profiles = read_profiles();
    if (!profiles) return profiles.error();
    const auto plan = plan_profile(*profiles, profile_name());
    if (!plan) return plan.error();
    Source source = base_of(*plan);
    for (const AwsProfilePlan::Role& role : plan->roles) {
      if (!source) return source;
      source = in_role(*std::move(source), role_of(role));
    }
    return source;
  }

  [[nodiscard]] Source base_of(const AwsProfilePlan& plan) const {
    switch (plan.base) {
      case AwsProfilePlan::Base::keys: return given(plan.keys, "the profile");
      case AwsProfilePlan::Base::process: return made(std::make_unique<ProgramKeys>(plan.command));
      case AwsProfilePlan::Base::web_identity: return web_identity(plan.token_file, role_of(plan.web_role));
      case AwsProfilePlan::Base::environment: return environment();
      case AwsProfilePlan::Base::container: return container();
      case AwsProfilePlan::Base::instance: return instance();
    }
    return refused("the profile has no source of keys");
  }

  [[nodiscard]] AwsRole own_role() const {
    return {options_.role_arn, options_.role_session_name, options_.external_id, options_.role_duration};
  }

  [[nodiscard]] AwsRole role_of(const AwsProfilePlan::Role& planned) const {
    AwsRole role{planned.arn, planned.session_name, planned.external_id, options_.role_duration};
    if (role.session_name.empty()) role.session_name = options_.role_session_name;
    std::int64_t seconds = 0;
    const std::string& text = planned.duration;
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc() && seconds > 0) {
      role.duration = std::chrono::seconds(seconds);
    }
    return role;
  }

  [[nodiscard]] StsEndpoint sts() const {
    std::string url = options_.sts_endpoint.empty() ? variable("AWS_ENDPOINT_URL_STS") : options_.sts_endpoint;
    if (url.empty()) url = aws_endpoint("sts", around_.region);
    return {std::move(url), around_.region, &around_.connection};
  }

  [[nodiscard]] Source in_role(std::unique_ptr<AwsKeySource> base, AwsRole role) const {
    return made(std::make_unique<RoleKeys>(std::move(base), std::move(role), sts()));
  }

  /// What is left out is the environment's.
  [[nodiscard]] Source web_identity(std::string token_file, AwsRole role) const {
    if (token_file.empty()) token_file = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (role.arn.empty()) {
      role = own_role();
      role.arn = variable("AWS_ROLE_ARN");
      if (const std::string name = variable("AWS_ROLE_SESSION_NAME"); !name.empty()) role.session_name = name;
    }
    if (token_file.empty()) return refused("a web identity needs token_file, or AWS_WEB_IDENTITY_TOKEN_FILE");
    if (role.arn.empty()) return refused("a web identity needs role_arn, or AWS_ROLE_ARN");
    return made(std::make_unique<WebIdentityKeys>(std::move(role), std::move(token_file), sts()));
  }

  [[nodiscard]] bool has_container() const {
    return !variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").empty() ||
           !variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").empty();
  }

  /// Towards the machine's own services: near, so that a long wait means that they are not there.
  [[nodiscard]] http::ConnectionOptions near() const {
    http::ConnectionOptions connection;
    connection.tls = options_.tls;
    connection.timeout = {limits::kMetadataConnectMax, limits::kMetadataReplyMax};
    connection.http_version = http::Version::http_1_1;
    return connection;
  }

  [[nodiscard]] Source container() const {
    std::string url = options_.endpoint;
    if (url.empty()) {
      const std::string relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
      url = relative.empty() ? variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") : std::string(kContainerAgent) + relative;
    }
    if (url.empty()) {
      return refused("the environment names no container agent (AWS_CONTAINER_CREDENTIALS_FULL_URI)");
    }
    if (http::url_fault(url)) return refused("the address of the container agent is not a URL");
    if (!url.starts_with("https:") && !is_local(split_url(url).authority)) {
      return refused("the address of the container agent is neither https nor on this machine");
    }
    const std::string token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (!http::is_header_value(token)) return refused("AWS_CONTAINER_AUTHORIZATION_TOKEN is not a token");
    return made(std::make_unique<DocumentKeys>(
        DocumentKeys::Document{"the container agent", url, "Authorization", token,
                               variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), read_metadata_reply},
        near()));
  }

  [[nodiscard]] Source instance() const {
    std::string url = options_.endpoint.empty() ? variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") : options_.endpoint;
    const bool v6 = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") == "IPv6";
    if (url.empty()) url = v6 ? kMetadataServiceV6 : kMetadataService;
    while (url.ends_with('/')) url.pop_back();
    return made(std::make_unique<InstanceKeys>(std::move(url), near()));
  }

  [[nodiscard]] Source iot() const {
    std::string url = options_.endpoint;
    while (url.ends_with('/')) url.pop_back();
    url += "/role-aliases/";
    append_percent_encoded(options_.role_alias, url);
    url += "/credentials";
    http::ConnectionOptions connection = around_.connection;
    connection.tls = options_.tls;
    return made(std::make_unique<DocumentKeys>(DocumentKeys::Document{"the AWS IoT credentials provider",
                                                                      std::move(url),
                                                                      "x-amzn-iot-thingname",
                                                                      options_.thing_name,
                                                                      {},
                                                                      read_iot_reply},
                                               std::move(connection)));
  }

  const AwsCredentialOptions& options_;
  const AwsSurroundings& around_;
};

}  // namespace

Result<std::unique_ptr<AwsKeySource>> make_key_source(const AwsCredentialOptions& options,
                                                      const AwsSurroundings& surroundings) {
  return Chooser(options, surroundings).choose();
}

}  // namespace tidegate::auth
