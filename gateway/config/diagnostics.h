#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/config_node.h"

/// Everything that is wrong with a config, collected in one pass and told in the order of the file.
namespace tidegate {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  Position at;
  std::string message;
};

/// Collects errors and warnings, at most limits::kDiagnosticsMax of them (the rest are counted).
class Diagnostics {
 public:
  explicit Diagnostics(std::string file) : file_(std::move(file)) {}

  void error(Position at, std::string message) { add(Severity::error, at, std::move(message)); }
  void warning(Position at, std::string message) { add(Severity::warning, at, std::move(message)); }

  [[nodiscard]] std::size_t errors() const noexcept { return errors_; }
  [[nodiscard]] std::size_t warnings() const noexcept { return warnings_; }
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  /// By position; two at the same place in the order they were found.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;
  /// One line each, `file:line:col: error: message`, by position. Empty when there is nothing to say.
  [[nodiscard]] std::string text() const;

 private:
  void add(Severity severity, Position at, std::string message);

  std::string file_;
  std::vector<Diagnostic> found_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

/// The candidate that `word` is most likely a misspelling of; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);
/// `; did you mean "x"?`, or nothing when no candidate is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);
/// Text of the config as a diagnostic shows it: in quotes, control characters escaped, cut when long.
std::string quote(std::string_view text);

}  // namespace tidegate
