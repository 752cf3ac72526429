#include "connectors/auth/fixed_auth.h"

#include "connectors/http/service.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

Status FixedAuth::prove(http::Request& request, WallTime /*now*/) {
  std::string value;
  switch (options_.type) {
    case AuthType::none: return {};
    case AuthType::basic:
      value = "Basic ";
      append_base64(options_.user + ":" + options_.password.value().reveal(), value);
      request.headers.add("Authorization", value);
      return {};
    case AuthType::bearer: request.headers.add("Authorization", "Bearer " + options_.token.value().reveal()); return {};
    case AuthType::header: request.headers.add(options_.name, options_.value.value().reveal()); return {};
  }
  return {};
}

bool FixedAuth::renew() {
  bool changed = options_.password.refresh();
  changed = options_.token.refresh() || changed;
  return options_.value.refresh() || changed;
}

void FixedAuth::redact(std::string& text) const {
  for (const StoredSecret* secret : {&options_.password, &options_.token, &options_.value}) {
    http::blank_out(text, secret->value().reveal());
  }
}

}  // namespace tidegate::auth
