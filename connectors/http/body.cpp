#include "connectors/http/body.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "connectors/http/limits.h"
#include "gateway/event/cloud_events.h"

namespace tidegate::http {
namespace {

template <class Append>
void write_array(std::span<const OutEvent* const> events, std::string& out, Append append) {
  out += '[';
  for (const OutEvent* event : events) {
    if (out.size() > 1) out += ',';
    append(event->event, out);
  }
  out += ']';
}

void write_lines(std::span<const OutEvent* const> events, std::string& out) {
  for (const OutEvent* event : events) {
    const std::size_t start = out.size();
    append_payload_as_json(event->event, out);
    // JSON may break lines only between its tokens, where a space means the same.
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), [](char c) { return c == '\n' || c == '\r'; },
        ' ');
    out += '\n';
  }
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

bool is_batched(Format format) noexcept {
  return format == Format::cloudevents || format == Format::json_array || format == Format::ndjson;
}

void write_body(Format format, bool structured, std::span<const OutEvent* const> events, std::string& out) {
  out.clear();
  switch (format) {
    case Format::cloudevents:
      if (structured) {
        append_cloud_event(events.front()->event, out);
      } else {
        write_array(events, out, append_cloud_event);
      }
      return;
    case Format::json_array: write_array(events, out, append_payload_as_json); return;
    case Format::ndjson: write_lines(events, out); return;
    case Format::cloudevents_binary:
    case Format::raw: out = events.front()->event.data; return;
  }
}

std::string_view body_content_type(Format format, bool structured, const OutEvent& first) noexcept {
  switch (format) {
    case Format::cloudevents: return structured ? kCloudEventContentType : kCloudEventBatchContentType;
    case Format::json_array: return "application/json";
    case Format::ndjson: return "application/x-ndjson";
    case Format::cloudevents_binary:
    case Format::raw: break;
  }
  return payload_content_type(first.event);
}

std::string idempotency_key(std::span<const OutEvent* const> events) {
  if (events.size() == 1) {
    const std::string& id = events.front()->event.id;
    if (id.size() <= limits::kHttpIdempotencyKeyBytesMax && is_visible_ascii(id)) return id;
  }
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (const OutEvent* event : events) {
    const std::string& id = event->event.id;
    const std::uint64_t size = id.size();  // keeps ("a", "bc") apart from ("ab", "c")
    XXH3_128bits_update(&state, &size, sizeof size);
    XXH3_128bits_update(&state, id.data(), id.size());
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace tidegate::http
