#include "connectors/auth/aws_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "connectors/auth/limits.h"

namespace tidegate::auth {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

/// The profile that a section is about; empty: none.
std::string profile_of(std::string_view section, bool is_config) {
  section = trimmed(section);
  if (!is_config || section == "default") return std::string(section);
  constexpr std::string_view kPrefix = "profile";
  if (!section.starts_with(kPrefix) || section.size() == kPrefix.size()) return {};
  section.remove_prefix(kPrefix.size());
  if (kSpace.find(section.front()) == kSpace.npos) return {};
  section = trimmed(section);
  if (section.size() > 1 && section.front() == '"' && section.back() == '"')
    section = section.substr(1, section.size() - 2);
  return std::string(section);
}

Error line_fault(std::size_t line, std::string_view what) {
  return {ErrorCode::invalid, fmt::format("line {} {}", line, what)};
}

/// One step from a profile to what it is built on.
class Planner {
 public:
  Planner(const AwsProfiles& profiles, AwsProfilePlan& plan) : profiles_(profiles), plan_(plan) {}

  Status follow(const std::string& first) {
    std::string profile = first;
    for (std::size_t steps = 0; steps < limits::kProfileChainMax; ++steps) {
      if (!profiles_.has(profile)) return {Error{ErrorCode::not_found, fmt::format("there is no profile {}", profile)}};
      const std::string arn = get(profile, "role_arn");
      if (arn.empty() || visited(profile)) return base(profile);
      visited_.push_back(profile);
      const AwsProfilePlan::Role role{arn, get(profile, "role_session_name"), get(profile, "external_id"),
                                      get(profile, "duration_seconds")};
      if (!get(profile, "mfa_serial").empty()) return fault(profile, "wants a code from a device (mfa_serial)");
      if (const std::string file = get(profile, "web_identity_token_file"); !file.empty()) {
        plan_.base = AwsProfilePlan::Base::web_identity;
        plan_.token_file = file;
        plan_.web_role = role;
        return {};
      }
      plan_.roles.insert(plan_.roles.begin(), role);
      const std::string source = get(profile, "credential_source");
      if (!source.empty()) return provider(profile, source);
      std::string next = get(profile, "source_profile");
      if (next.empty()) return fault(profile, "has a role_arn without source_profile or credential_source");
      profile = std::move(next);
    }
    return Error{ErrorCode::invalid, fmt::format("profile {} refers to more than {} others, or to itself", first,
                                                 limits::kProfileChainMax)};
  }

 private:
  [[nodiscard]] std::string get(const std::string& profile, const std::string& name) const {
    return profiles_.setting(profile, name);
  }
  /// A profile may name itself as its source: its own keys then take on its role.
  [[nodiscard]] bool visited(const std::string& profile) const {
    return !visited_.empty() && visited_.back() == profile;
  }
  static Status fault(const std::string& profile, std::string_view what) {
    return Error{ErrorCode::invalid, fmt::format("profile {} {}", profile, what)};
  }

  Status base(const std::string& profile) {
    plan_.keys = {get(profile, "aws_access_key_id"), Secret(get(profile, "aws_secret_access_key")),
                  Secret(get(profile, "aws_session_token"))};
    if (!plan_.keys.access_key_id.empty() || !plan_.keys.secret_access_key.empty()) return {};
    plan_.command = get(profile, "credential_process");
    plan_.base = AwsProfilePlan::Base::process;
    if (!plan_.command.empty()) return {};
    if (!get(profile, "sso_start_url").empty() || !get(profile, "sso_session").empty()) {
      return fault(profile, "signs in through a browser (sso), which a gateway cannot");
    }
    return fault(profile, "has no keys, no role and no credential_process");
  }

  Status provider(const std::string& profile, const std::string& source) {
    if (source == "Environment") {
      plan_.base = AwsProfilePlan::Base::environment;
    } else if (source == "EcsContainer") {
      plan_.base = AwsProfilePlan::Base::container;
    } else if (source == "Ec2InstanceMetadata") {
      plan_.base = AwsProfilePlan::Base::instance;
    } else {
      return fault(profile, "has a credential_source other than Environment, EcsContainer and Ec2InstanceMetadata");
    }
    return {};
  }

  const AwsProfiles& profiles_;
  AwsProfilePlan& plan_;
  std::vector<std::string> visited_;
};

}  // namespace

Status AwsProfiles::add(std::string_view text, bool is_config) {
  std::string profile;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = trimmed(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t close = line.find(']');
      if (close == line.npos) return line_fault(number, "begins a section without ]");
      profile = profile_of(line.substr(1, close - 1), is_config);
      if (!profile.empty()) profiles_[profile];
      if (profiles_.size() > limits::kProfilesMax) {
        return line_fault(number, fmt::format("is profile {}, one too many", limits::kProfilesMax + 1));
      }
      continue;
    }
    // A setting of a setting, such as those under "s3 =".
    if (kSpace.find(whole.front()) != kSpace.npos || profile.empty()) continue;
    const std::size_t equals = line.find('=');
    if (equals == line.npos) return line_fault(number, "is neither a section nor a setting");
    std::string name(trimmed(line.substr(0, equals)));
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    profiles_[profile].emplace(std::move(name), trimmed(line.substr(equals + 1)));
  }
  return {};
}

std::string AwsProfiles::setting(const std::string& profile, const std::string& name) const {
  const auto settings = profiles_.find(profile);
  if (settings == profiles_.end()) return {};
  const auto found = settings->second.find(name);
  return found == settings->second.end() ? std::string() : found->second;
}

Result<AwsProfilePlan> plan_profile(const AwsProfiles& profiles, const std::string& profile) {
  AwsProfilePlan plan;
  if (Status followed = Planner(profiles, plan).follow(profile); !followed) return std::move(followed).error();
  return plan;
}

}  // namespace tidegate::auth
