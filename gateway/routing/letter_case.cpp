#include "gateway/routing/letter_case.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "gateway/base/utf8.h"

namespace tidegate {

namespace {

/// Letters `step` apart, each at the same distance from its upper and its lower case.
struct CaseRun {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t upper;
  std::int32_t lower;
};

/// A letter one of whose cases is more than one.
struct CaseWord {
  std::uint32_t letter;
  std::string_view upper;
  std::string_view lower;
};

#include "gateway/routing/letter_case_table.inc"

/// Bytes of the UTF-8 sequence at the front of `text`; 1 for what is none.
std::size_t sequence_bytes(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t wanted = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return wanted <= text.size() ? wanted : 1;
}

/// The code point of a sequence of two bytes or more.
std::uint32_t code_point(std::string_view sequence) noexcept {
  const auto lead = static_cast<unsigned char>(sequence.front());
  std::uint32_t point = lead & (0x7Fu >> sequence.size());
  for (const char c : sequence.substr(1)) point = (point << 6) | (static_cast<unsigned char>(c) & 0x3Fu);
  return point;
}

void append_case(std::string_view sequence, bool upper, std::string& out) {
  if (sequence.size() == 1) {
    const char c = sequence.front();
    if (upper) {
      out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return;
  }
  const std::uint32_t point = code_point(sequence);
  const auto* run = std::partition_point(std::begin(kCaseRuns), std::end(kCaseRuns),
                                         [point](const CaseRun& r) { return r.first <= point; });
  // Runs of step 2 interleave: upper and lower case take turns. So the one before counts, too.
  for (int back = 1; back <= 2 && run - back >= std::begin(kCaseRuns); ++back) {
    const CaseRun& r = run[-back];
    if (point > r.last || (point - r.first) % r.step != 0) continue;
    return append_code_point(point + static_cast<std::uint32_t>(upper ? r.upper : r.lower), out);
  }
  const auto* word =
      std::ranges::lower_bound(std::begin(kCaseWords), std::end(kCaseWords), point, {}, &CaseWord::letter);
  if (word != std::end(kCaseWords) && word->letter == point) {
    out += upper ? word->upper : word->lower;
  } else {
    out += sequence;
  }
}

template <class Each>
void each_sequence(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t bytes = sequence_bytes(text);
    each(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
}

std::string in_case(std::string_view text, bool upper) {
  std::string out;
  each_sequence(text, [&](std::string_view sequence) { append_case(sequence, upper, out); });
  return out;
}

}  // namespace

CaselessText::CaselessText(std::string_view text) {
  each_sequence(text, [this](std::string_view sequence) {
    letters_.push_back({in_case(sequence, false), in_case(sequence, true)});
  });
}

bool CaselessText::equals(std::string_view value) const noexcept {
  for (const Letter& letter : letters_) {
    const bool lower = value.starts_with(letter.lower);
    if (!lower && !value.starts_with(letter.upper)) return false;
    value.remove_prefix(lower ? letter.lower.size() : letter.upper.size());
  }
  return value.empty();
}

bool CaselessText::is_prefix_of(std::string_view value) const noexcept {
  for (const Letter& letter : letters_) {
    const bool lower = value.starts_with(letter.lower);
    if (!lower && !value.starts_with(letter.upper)) return false;
    value.remove_prefix(lower ? letter.lower.size() : letter.upper.size());
  }
  return true;
}

bool CaselessText::is_suffix_of(std::string_view value) const noexcept {
  for (auto letter = letters_.rbegin(); letter != letters_.rend(); ++letter) {
    const bool lower = value.ends_with(letter->lower);
    if (!lower && !value.ends_with(letter->upper)) return false;
    value.remove_suffix(lower ? letter->lower.size() : letter->upper.size());
  }
  return true;
}

void append_folded(std::string_view text, std::string& out) {
  const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    for (const char c : text) append_case({&c, 1}, false, out);
    return;
  }
  // Upper and lower case in turn, twice: some letters (the capital ß) need the second round to meet their other forms.
  std::string folded(text);
  for (int round = 0; round < 2; ++round) folded = in_case(in_case(folded, true), false);
  out += folded;
}

}  // namespace tidegate
