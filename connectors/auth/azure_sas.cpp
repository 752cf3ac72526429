#include "connectors/auth/azure_sas.h"

#include <fmt/format.h>

#include "connectors/auth/encoding.h"
#include "connectors/auth/hmac.h"
#include "gateway/event/json_text.h"

namespace tidegate::auth {

namespace {

std::string percent_encoded(std::string_view text) {
  std::string out;
  append_percent_encoded(text, out);
  return out;
}

/// base64 of the HMAC, fit for a query.
std::string signature_of(std::string_view key, std::string_view text) {
  std::string base64;
  append_base64(hmac_sha256(key, {text}), base64);
  return percent_encoded(base64);
}

/// "11/28/2026 9:05:07 PM": how .NET writes a time in the culture en-US, which Event Grid reads.
std::string us_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  const auto hour = clock.hours().count();
  return fmt::format("{}/{}/{} {}:{:02}:{:02} {}", static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), static_cast<int>(date.year()), hour % 12 == 0 ? 12 : hour % 12,
                     clock.minutes().count(), clock.seconds().count(), hour < 12 ? "AM" : "PM");
}

}  // namespace

std::string event_hubs_signature(std::string_view resource, std::string_view key_name, std::string_view key,
                                 WallTime expires) {
  const std::string encoded = percent_encoded(resource);
  const auto until = std::chrono::floor<std::chrono::seconds>(expires).time_since_epoch().count();
  const std::string signature = signature_of(key, fmt::format("{}\n{}", encoded, until));
  return fmt::format("SharedAccessSignature sr={}&sig={}&se={}&skn={}", encoded, signature, until,
                     percent_encoded(key_name));
}

Result<std::string> event_grid_signature(std::string_view resource, std::string_view key, WallTime expires) {
  std::string decoded;
  if (!append_from_base64(key, decoded) || decoded.empty())
    return Error{ErrorCode::invalid, "is not base64; Event Grid shows its access keys so"};
  std::string token = fmt::format("r={}&e={}", percent_encoded(resource), percent_encoded(us_time(expires)));
  const std::string signature = signature_of(decoded, token);
  return token.append("&s=").append(signature);
}

}  // namespace tidegate::auth
