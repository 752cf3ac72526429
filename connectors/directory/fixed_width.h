#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/directory/rows.h"

namespace tidegate::directory {

/// Lines whose columns are at fixed places, counted in characters. A line may end early, as many programs drop spaces
/// at the end: columns behind its end are empty. Blank lines are passed over.
class FixedWidthRows final : public RowFormat {
 public:
  FixedWidthRows(const FixedWidthOptions& options, Encoding encoding, const std::vector<std::string>& topic_columns);

  Taken next(std::string_view bytes, bool last, Row& row) override;
  bool past_header() const override { return skip_left_ == 0; }

 private:
  /// Where a character begins in the line at hand; its end when it has fewer.
  [[nodiscard]] std::size_t place_of(std::string_view line, std::size_t character) const;
  [[nodiscard]] std::string_view field(std::string_view line, std::size_t column) const;

  const FixedWidthOptions& options_;
  const Encoding encoding_;
  const char comment_;
  std::uint32_t skip_left_;
  std::vector<std::string> keys_;  ///< `,"name":`
  std::vector<std::size_t> topic_fields_;
  std::vector<std::size_t> starts_;  ///< of characters, when the line at hand has characters of several bytes
};

}  // namespace tidegate::directory
