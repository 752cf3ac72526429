#include "connectors/auth/peer_clock.h"

#include <curl/curl.h>

#include <string>

#include "connectors/auth/limits.h"

namespace tidegate::auth {

bool PeerClock::hear(std::string_view date, WallTime now) {
  if (date.empty() || date.size() > limits::kDateBytesMax) return false;
  const time_t seconds = curl_getdate(std::string(date).c_str(), nullptr);
  if (seconds <= 0) return false;
  milliseconds ahead = WallTime(std::chrono::seconds(seconds)) - now;
  if (std::chrono::abs(ahead) <= limits::kClockSkewIgnored) ahead = milliseconds{0};
  const bool news = std::chrono::abs(ahead - ahead_) > limits::kClockSkewIgnored;
  if (news) ahead_ = ahead;
  return news;
}

}  // namespace tidegate::auth
