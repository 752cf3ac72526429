#include "connectors/auth/fixed_auth.h"

#include "connectors/http/service.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

namespace {

std::string basic_credentials(const AuthOptions& options) {
  std::string encoded;
  append_base64(options.user + ":" + options.password.value().reveal(), encoded);
  return encoded;
}

}  // namespace

Status FixedAuth::prove(http::Request& request, WallTime /*now*/) {
  switch (options_.type) {
    case AuthType::none: return {};
    case AuthType::basic: request.headers.add("Authorization", "Basic " + basic_credentials(options_)); return {};
    case AuthType::bearer:
      request.headers.add("Authorization", options_.scheme + " " + options_.token.value().reveal());
      return {};
    case AuthType::header: request.headers.add(options_.name, options_.value.value().reveal()); return {};
    default: return {};  // make_auth() makes something else of it
  }
  return {};
}

bool FixedAuth::renew() {
  bool changed = options_.password.refresh();
  changed = options_.token.refresh() || changed;
  return options_.value.refresh() || changed;
}

void FixedAuth::redact(std::string& text) const {
  if (options_.type == AuthType::basic) http::blank_out(text, basic_credentials(options_));
  for (const StoredSecret* secret : {&options_.password, &options_.token, &options_.value}) {
    http::blank_out(text, secret->value().reveal());
  }
}

}  // namespace tidegate::auth
