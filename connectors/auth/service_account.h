#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "connectors/auth/jwt.h"
#include "gateway/base/result.h"

namespace tidegate::auth {

/// A Google service account's key, as the file has it that the console makes.
struct ServiceAccount {
  std::string email;      ///< client_email
  std::string key_id;     ///< private_key_id
  std::string token_uri;  ///< where tokens come from
  SigningKey key;
};

/// *Errors*: invalid; the message goes on after the file's name and quotes nothing of it.
Result<ServiceAccount> parse_service_account(std::string_view json);

/// *Errors*: as read_file_text() and parse_service_account(); the message goes on after the file's name.
/// *Blocks* on disk.
Result<ServiceAccount> read_service_account(const std::filesystem::path& file);

}  // namespace tidegate::auth
