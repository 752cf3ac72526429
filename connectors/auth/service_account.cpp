#include "connectors/auth/service_account.h"

#include <fmt/format.h>

#include "connectors/auth/limits.h"
#include "gateway/config/files.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

namespace {

constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";

/// What makes a text fit for a claim and a header of a token.
bool is_visible_ascii(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c >= '\x7f') return false;
  }
  return true;
}

Error incomplete(std::string_view what) {
  return {ErrorCode::invalid,
          fmt::format("is not the key of a service account: {}; take the JSON file that \"Create new "
                      "key\" of the account makes",
                      what)};
}

}  // namespace

Result<ServiceAccount> parse_service_account(std::string_view json) {
  if (!is_embeddable_json(json)) return incomplete("it is not JSON");
  JsonItems items(json);
  if (!items.is_object()) return incomplete("it is not a JSON object");
  std::string type, email, key_id, pem, token_uri(kTokenUri);
  const std::pair<std::string_view, std::string*> wanted[] = {{"type", &type},
                                                              {"client_email", &email},
                                                              {"private_key_id", &key_id},
                                                              {"private_key", &pem},
                                                              {"token_uri", &token_uri}};
  while (items.next()) {
    const std::string name = json_string_content(items.key());
    for (const auto& [key, value] : wanted) {
      if (name == key && items.value().starts_with('"')) *value = json_string_content(items.value());
    }
  }
  if (type != "service_account") return incomplete("its type is not service_account");
  if (email.empty() || !is_visible_ascii(email)) return incomplete("it has no client_email");
  if (!is_visible_ascii(key_id)) return incomplete("its private_key_id is not plain text");
  if (token_uri.empty() || !is_visible_ascii(token_uri)) return incomplete("its token_uri is not a URL");
  if (pem.empty()) return incomplete("it has no private_key");
  auto key = SigningKey::from_pem(pem);
  if (!key) return Error{ErrorCode::invalid, "has a private_key that " + key.error().message};
  if (!key->fits(JwtAlgorithm::rs256)) return Error{ErrorCode::invalid, "has a private_key that is not an RSA key"};
  return ServiceAccount{std::move(email), std::move(key_id), std::move(token_uri), *std::move(key)};
}

Result<ServiceAccount> read_service_account(const std::filesystem::path& file) {
  auto text = read_file_text(file, limits::kKeyFileBytesMax);
  if (!text) return std::move(text).error();
  return parse_service_account(*text);
}

}  // namespace tidegate::auth
