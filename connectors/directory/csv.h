#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/directory/rows.h"

namespace tidegate::directory {

/// Rows of comma-separated values. A row with another number of fields than there are columns is a fault, and so is a
/// quote inside a field that has none around it. Blank lines are passed over. A bad row ends with its line; one whose
/// quote is never closed ends with the line it begins on.
/// *Source*: RFC 4180, section 2; lines may end with LF alone.
class CsvRows final : public RowFormat {
 public:
  CsvRows(const CsvOptions& options, Encoding encoding, const std::vector<std::string>& topic_columns);

  Taken next(std::string_view bytes, bool last, Row& row) override;
  bool past_header() const override { return ready_ && skip_left_ == 0; }
  std::string_view header() const override { return header_; }

 private:
  struct Field {
    std::size_t at = 0;  ///< of its text, behind the quote
    std::size_t size = 0;
    bool quoted = false;
    bool doubled = false;  ///< holds quotes that stand for one each
  };
  struct Column {
    std::string key;   ///< `,"name":`
    std::string name;  ///< for people
    ValueType type = ValueType::infer;
  };

  Taken split(std::string_view bytes, bool last);
  bool split_quoted(std::string_view bytes, bool last, std::size_t& at, Taken& taken);
  Taken take_header(std::string_view bytes, Taken taken);
  Taken write(std::string_view bytes, Taken taken, Row& row);
  std::string_view text_of(std::string_view bytes, const Field& field);
  [[nodiscard]] std::optional<Fault> set_columns(const std::vector<std::string>& names,
                                                 const std::vector<std::size_t>& places);
  [[nodiscard]] Fault fault_at(std::string_view bytes, std::size_t at, std::string what, bool fatal = false) const;
  [[nodiscard]] Taken bad_row(std::string_view bytes, bool last, std::size_t at, std::string what) const;

  const CsvOptions& options_;
  const Encoding encoding_;
  const std::vector<std::string>& topic_columns_;
  std::array<bool, 256> stops_{};  ///< bytes that end the run through a field without quotes
  const char delimiter_, quote_, comment_;
  std::uint32_t skip_left_;
  bool ready_ = false;
  std::string header_;
  std::vector<Column> columns_;
  std::vector<std::size_t> topic_fields_;
  std::vector<Field> fields_;  ///< of the row at hand
  std::string_view row_;       ///< its bytes, without the line end
  std::string unquoted_;       ///< scratch
};

}  // namespace tidegate::directory
