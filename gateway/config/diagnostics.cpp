#include "gateway/config/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gateway/config/limits.h"

namespace tidegate {

void Diagnostics::add(Severity severity, Position at, std::string message) {
  ++(severity == Severity::error ? errors_ : warnings_);
  if (found_.size() < limits::kDiagnosticsMax) found_.push_back({severity, at, std::move(message)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> result = found_;
  std::ranges::stable_sort(result, {}, &Diagnostic::at);
  return result;
}

std::string Diagnostics::text() const {
  std::string out;
  for (const Diagnostic& d : sorted()) {
    const std::string_view severity = d.severity == Severity::error ? "error" : "warning";
    if (d.at.line == 0) {
      fmt::format_to(std::back_inserter(out), "{}: {}: {}\n", file_, severity, d.message);
    } else {
      fmt::format_to(std::back_inserter(out), "{}:{}:{}: {}: {}\n", file_, d.at.line, d.at.column, severity, d.message);
    }
  }
  if (const std::size_t left_out = errors_ + warnings_ - found_.size(); left_out > 0) {
    fmt::format_to(std::back_inserter(out), "{}: {} more not shown\n", file_, left_out);
  }
  return out;
}

namespace {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > limits::kNameBytesMax) return {};
  // Up to a third of the letters may be wrong: more than that is a different word.
  std::size_t best_distance = word.size() / 3 + 1;
  std::string_view best;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance || (distance == best_distance && best.empty() && distance < word.size())) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view best = nearest(word, candidates);
  return best.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", best);
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  const std::size_t shown = std::min(text.size(), limits::kQuotedBytesMax);
  std::size_t end = shown;
  // Never cut inside a character.
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  for (const char c : text.substr(0, end)) {
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += end < text.size() ? "...\"" : "\"";
  return out;
}

}  // namespace tidegate
