#include "connectors/mqtt/explain.h"

#include <fmt/format.h>

#include <string_view>

namespace tidegate::mqtt {

namespace {

std::string peer_text(std::string_view text) {
  constexpr std::size_t kMax = 200;
  std::string out(text.substr(0, kMax));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}

}  // namespace

std::string explain(Reason reason, const Properties& properties) {
  std::string out(name_of(reason));
  if (const auto words = properties.text(PropertyId::reason_string); !words.empty())
    out += fmt::format(" (\"{}\")", peer_text(words));
  if (const auto other = properties.text(PropertyId::server_reference); !other.empty())
    out += fmt::format(", it names the server \"{}\"", peer_text(other));
  return out;
}

}  // namespace tidegate::mqtt
