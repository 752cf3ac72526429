#include "connectors/http/ingest/chunks.h"

#include <algorithm>

#include "connectors/http/ingest/limits.h"

namespace tidegate::ingest {

namespace {

/// What a line may hold besides its end. *Source*: RFC 9110, section 5.5 (field-vchar, SP, HTAB).
bool is_line_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

ChunkReader::State ChunkReader::feed(std::string_view& bytes, std::string& body) {
  while (!bytes.empty()) {
    if (part_ == Part::data) {
      const std::size_t now = std::min<std::uint64_t>(size_, bytes.size());
      body.append(bytes.substr(0, now));
      bytes.remove_prefix(now);
      size_ -= now;
      if (size_ == 0) part_ = Part::data_cr;
      continue;
    }
    const State state = take(bytes.front());
    bytes.remove_prefix(1);
    if (state != State::more) return state;
  }
  return State::more;
}

ChunkReader::State ChunkReader::take(char c) {
  switch (part_) {
    case Part::size:
    case Part::space:
    case Part::extension:
    case Part::size_end: return take_size(c);
    case Part::data_cr: part_ = Part::data_lf; return c == '\r' ? State::more : State::malformed;
    case Part::data_lf:
      part_ = Part::size;
      digits_ = 0;
      overhead_ = 0;
      return c == '\n' ? State::more : State::malformed;
    case Part::trailer:
    case Part::trailer_end: return take_trailer(c);
    case Part::data: break;
  }
  return State::malformed;
}

ChunkReader::State ChunkReader::take_size(char c) {
  if (part_ == Part::size_end) {
    if (c != '\n') return State::malformed;
    if (size_ > left_) return State::too_large;
    left_ -= size_;
    part_ = size_ == 0 ? Part::trailer : Part::data;
    overhead_ = 0;
    return State::more;
  }
  if (part_ == Part::size && add_digit(c)) return digits_ > 16 ? State::malformed : State::more;
  if (digits_ == 0) return State::malformed;
  if (c == '\r') {
    part_ = Part::size_end;
    return State::more;
  }
  if (part_ != Part::extension) {
    if (c != ';' && c != ' ' && c != '\t') return State::malformed;
    part_ = c == ';' ? Part::extension : Part::space;
  }
  const bool fits = ++overhead_ <= limits::kIngestChunkExtensionBytesMax;
  return is_line_char(c) && fits ? State::more : State::malformed;
}

ChunkReader::State ChunkReader::take_trailer(char c) {
  if (part_ == Part::trailer_end) {
    if (c != '\n') return State::malformed;
    if (empty_line_) return State::done;
    empty_line_ = true;
    part_ = Part::trailer;
    return State::more;
  }
  if (c == '\r') {
    part_ = Part::trailer_end;
    return State::more;
  }
  empty_line_ = false;
  const bool fits = ++overhead_ <= limits::kIngestHeaderBytesMax;
  return is_line_char(c) && fits ? State::more : State::malformed;
}

bool ChunkReader::add_digit(char c) {
  std::uint64_t digit = 0;
  if (c >= '0' && c <= '9') {
    digit = static_cast<std::uint64_t>(c - '0');
  } else if (const char lower = static_cast<char>(c | 0x20); lower >= 'a' && lower <= 'f') {
    digit = static_cast<std::uint64_t>(lower - 'a') + 10;
  } else {
    return false;
  }
  size_ = digits_ == 0 ? digit : size_ * 16 + digit;  // sixteen digits fit, more are refused
  ++digits_;
  return true;
}

}  // namespace tidegate::ingest
