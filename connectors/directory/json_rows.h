#pragma once

#include <string>
#include <string_view>

#include "connectors/directory/rows.h"

namespace tidegate::directory {

/// Lines that hold one JSON value each. Blank lines are passed over.
class NdjsonRows final : public RowFormat {
 public:
  explicit NdjsonRows(Encoding encoding) : encoding_(encoding) {}
  Taken next(std::string_view bytes, bool last, Row& row) override;

 private:
  const Encoding encoding_;
};

/// The elements of one JSON array, or one JSON value. Elements are found by their brackets and strings, and then
/// checked whole; a comma or bracket that is missing between them can't be mended, and the rest of the file can't be
/// read.
class JsonElements final : public RowFormat {
 public:
  explicit JsonElements(Encoding encoding) : encoding_(encoding) {}
  Taken next(std::string_view bytes, bool last, Row& row) override;
  bool resumable() const override { return false; }

 private:
  enum class At : std::uint8_t { start, first_element, element, after_element, done };
  Taken take_element(std::string_view bytes, bool last, Row& row);
  Taken punctuation(std::string_view bytes);

  const Encoding encoding_;
  At at_ = At::start;
  bool array_ = false;
};

}  // namespace tidegate::directory
