#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/auth/aws_sigv4.h"
#include "gateway/base/result.h"

/// The files that AWS tools share: ~/.aws/config and ~/.aws/credentials.
/// *Source*: AWS SDKs and Tools Reference Guide, "Using shared config and credentials files".
namespace tidegate::auth {

/// The settings of each profile. Sections that are no profiles, and lines of nested settings, are passed over.
class AwsProfiles {
 public:
  /// Adds a file's profiles to those there are; a setting that is there already stays. In `config`, profiles are called
  /// [profile NAME], in the other file [NAME]. *Errors*: invalid, with the line.
  Status add(std::string_view text, bool is_config);
  [[nodiscard]] bool empty() const noexcept { return profiles_.empty(); }
  [[nodiscard]] bool has(const std::string& profile) const { return profiles_.contains(profile); }
  /// Empty when it is not set.
  [[nodiscard]] std::string setting(const std::string& profile, const std::string& name) const;

 private:
  std::map<std::string, std::map<std::string, std::string>> profiles_;
};

/// How a profile comes by its keys.
struct AwsProfilePlan {
  enum class Base : std::uint8_t { keys, process, web_identity, environment, container, instance };
  struct Role {
    std::string arn, session_name, external_id, duration;
  };
  Base base = Base::keys;
  AwsKeys keys;            ///< of Base::keys
  std::string command;     ///< of Base::process
  std::string token_file;  ///< of Base::web_identity, whose role is `web_role`
  Role web_role;
  std::vector<Role> roles;  ///< taken on one after the other, from the base on
};

/// Follows source_profile from profile to profile. *Errors*: invalid or not_found; a sentence that names the profile.
Result<AwsProfilePlan> plan_profile(const AwsProfiles& profiles, const std::string& profile);

}  // namespace tidegate::auth
