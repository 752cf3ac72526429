#include "gateway/spool/record.h"

#include <array>

#include "gateway/base/limits.h"
#include "gateway/spool/checksum.h"
#include "gateway/spool/varint.h"

namespace tidegate {

namespace {

constexpr unsigned char kIdIsUuid = 1;
constexpr unsigned char kHasSource = 2;
constexpr unsigned char kFlagsKnown = kIdIsUuid | kHasSource;
constexpr std::size_t kUuidText = 36;
constexpr std::size_t kUuidBytes = 16;

int lower_hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_dash(std::size_t i) noexcept { return i == 8 || i == 13 || i == 18 || i == 23; }

/// Packs the canonical lower-case text of a UUID; anything else would not come back byte for byte.
bool pack_uuid(std::string_view text, std::array<char, kUuidBytes>& out) noexcept {
  if (text.size() != kUuidText) return false;
  std::size_t n = 0;
  for (std::size_t i = 0; i < kUuidText;) {
    if (is_dash(i)) {
      if (text[i++] != '-') return false;
      continue;
    }
    const int high = lower_hex(text[i]);
    const int low = lower_hex(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out[n++] = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

std::string unpack_uuid(std::string_view packed) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(kUuidText);
  for (const char c : packed) {
    if (is_dash(text.size())) text.push_back('-');
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::uint64_t zigzag(std::int64_t v) noexcept {
  return static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63);
}
std::int64_t unzigzag(std::uint64_t v) noexcept {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

}  // namespace

void put_record(std::string& out, const Event& event, SourceId source) {
  std::array<char, kUuidBytes> uuid{};
  const bool packed = pack_uuid(event.id, uuid);
  out.push_back(static_cast<char>((packed ? kIdIsUuid : 0) | (source.value != 0 ? kHasSource : 0)));
  if (source.value != 0) put_varint(out, source.value);
  if (packed)
    out.append(uuid.data(), uuid.size());
  else
    put_bytes(out, event.id);
  put_varint(out, zigzag(event.time.time_since_epoch().count()));
  put_bytes(out, event.source);
  put_bytes(out, event.type);
  put_bytes(out, event.subject);
  put_bytes(out, event.datacontenttype);
  put_varint(out, event.attributes.size());
  for (const auto& [name, value] : event.attributes) {
    put_bytes(out, name);
    put_bytes(out, value);
  }
  out.append(event.data);
}

bool get_record(std::string_view record, Event& event) {
  SourceId source;
  return get_record(record, event, source);
}

bool get_record(std::string_view record, Event& event, SourceId& source) {
  ByteReader in(record);
  const std::string_view first = in.take(1);
  if (!in.ok()) return false;
  const auto flags = static_cast<unsigned char>(first[0]);
  if ((flags & ~kFlagsKnown) != 0) return false;
  source = SourceId{(flags & kHasSource) != 0 ? static_cast<std::uint32_t>(in.varint()) : 0};
  event.id = (flags & kIdIsUuid) != 0 ? unpack_uuid(in.take(kUuidBytes)) : std::string(in.bytes());
  event.time = WallTime{milliseconds{unzigzag(in.varint())}};
  event.source = in.bytes();
  event.type = in.bytes();
  event.subject = in.bytes();
  event.datacontenttype = in.bytes();
  const std::uint64_t attributes = in.varint();
  if (!in.ok() || attributes > limits::kEventAttributesMax) return false;
  event.attributes.clear();
  event.attributes.reserve(static_cast<std::size_t>(attributes));
  for (std::uint64_t i = 0; i < attributes && in.ok(); ++i) {
    const std::string_view name = in.bytes();
    event.attributes.emplace_back(name, in.bytes());
  }
  event.data = in.rest();
  return in.ok();
}

void put_sealed_record(std::string& out, const Event& event) {
  const std::size_t from = out.size();
  put_record(out, event);
  const std::uint64_t hash = checksum(std::string_view(out).substr(from));
  for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(hash >> shift));
}

bool get_sealed_record(std::string_view sealed, Event& event) {
  constexpr std::size_t kSeal = sizeof(std::uint64_t);
  if (sealed.size() < kSeal) return false;
  const std::string_view record = sealed.substr(0, sealed.size() - kSeal);
  std::uint64_t hash = checksum(record);
  for (const char c : sealed.substr(record.size())) {
    if (static_cast<unsigned char>(c) != (hash & 0xff)) return false;
    hash >>= 8;
  }
  return get_record(record, event);
}

}  // namespace tidegate
