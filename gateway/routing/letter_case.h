#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Comparing without regard to case, as event patterns do: each letter of the pattern stands for its own upper and
/// lower case (Unicode's full mappings, no language), and for nothing else. So "é" is also "É", "ß" is also "SS" but
/// neither "ss" nor "ẞ", and "k" is not the Kelvin sign.
namespace tidegate {

/// A text as a pattern that ignores case says it. Immutable.
class CaselessText {
 public:
  /// `text` is UTF-8.
  explicit CaselessText(std::string_view text);

  [[nodiscard]] bool equals(std::string_view value) const noexcept;
  [[nodiscard]] bool is_prefix_of(std::string_view value) const noexcept;
  [[nodiscard]] bool is_suffix_of(std::string_view value) const noexcept;

 private:
  /// A letter's two forms.
  struct Letter {
    std::string lower;
    std::string upper;
  };
  std::vector<Letter> letters_;
};

/// Appends a form of `text` that is the same for all texts that one CaselessText equals (and for some more): the key to
/// look candidates up by. Fold of a concatenation is the concatenation of folds. Bytes that are no UTF-8 stay.
void append_folded(std::string_view text, std::string& out);

}  // namespace tidegate
