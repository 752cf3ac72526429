#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "connectors/http/connection.h"
#include "gateway/config/option_table.h"

namespace tidegate::auth {

enum class AwsCredentialType : std::uint8_t {
  automatic,
  keys,
  environment,
  profile,
  process,
  web_identity,
  container,
  instance,
  iot
};

/// Where AWS keys come from. Initialisers are the defaults; what is left out of a type comes from the environment that
/// the AWS tools read.
struct AwsCredentialOptions {
  AwsCredentialType type = AwsCredentialType::automatic;
  StoredSecret access_key_id, secret_access_key, session_token;  ///< keys
  std::string profile;                                           ///< profile
  std::filesystem::path config_file, credentials_file;           ///< profile
  std::string command;                                           ///< process
  std::filesystem::path token_file;                              ///< web_identity
  std::string endpoint;                                          ///< container, instance, iot
  std::string role_alias, thing_name;                            ///< iot
  http::TlsOptions tls;                                          ///< iot, container
  std::string role_arn, external_id, sts_endpoint;
  std::string role_session_name = "tidegate";
  std::chrono::seconds role_duration{3600};
};

const OptionTableOf<AwsCredentialOptions>& aws_credentials_table();

/// True for the name of a region as endpoints and signatures have it: "eu-central-1".
bool is_aws_region(std::string_view region) noexcept;
/// Where a service listens in a region: "https://sqs.eu-central-1.amazonaws.com".
std::string aws_endpoint(std::string_view service, std::string_view region);

}  // namespace tidegate::auth
