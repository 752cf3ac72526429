#include "connectors/auth/azure_sas_auth.h"

#include "connectors/auth/azure_sas.h"
#include "connectors/http/service.h"

namespace tidegate::auth {

Status AzureSasAuth::prove(http::Request& request, WallTime now) {
  const std::string resource =
      options_.resource.empty() ? request.url.substr(0, request.url.find('?')) : options_.resource;
  const WallTime there = clock_.at(now);
  if (signature_.empty() || resource != resource_ || there >= replace_at_) {
    if (Status made = sign(resource, there); !made) return made;
  }
  request.headers.add(options_.sas == SasService::event_grid ? "aeg-sas-token" : "Authorization", signature_);
  return {};
}

Status AzureSasAuth::sign(const std::string& resource, WallTime now) {
  const std::string& key = options_.shared_access_key.value().reveal();
  const WallTime expires = now + options_.sas_lifetime;
  if (options_.sas == SasService::event_grid) {
    auto made = event_grid_signature(resource, key, expires);
    if (!made) return std::move(made).error().in("auth.shared_access_key");
    signature_ = *std::move(made);
  } else {
    signature_ = event_hubs_signature(resource, options_.key_name, key, expires);
  }
  resource_ = resource;
  replace_at_ = expires - options_.sas_lifetime / 4;
  return {};
}

void AzureSasAuth::hear(const http::Reply& reply, WallTime now) {
  if (clock_.hear(reply.header("Date"), now)) replace_at_ = {};
}

bool AzureSasAuth::renew() {
  const bool changed = options_.shared_access_key.refresh();
  // Whatever was wrong with the old one, its time among it.
  replace_at_ = {};
  return changed;
}

void AzureSasAuth::redact(std::string& text) const {
  http::blank_out(text, options_.shared_access_key.value().reveal());
  http::blank_out(text, signature_);
}

}  // namespace tidegate::auth
