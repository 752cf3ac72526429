#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/fields/text.h"
#include "gateway/config/option_table.h"

/// Events as lines of text, for sinks that write files and objects.
namespace tidegate::lines {

enum class Format : std::uint8_t { cloudevents, payload, csv };

/// For OptionTableOf::choice().
std::initializer_list<Choice<Format>> formats();

/// What a file of such lines has at the end of its name: ".ndjson".
std::string_view file_ending(Format format) noexcept;

struct CsvOptions {
  fields::TextMap columns;
  std::string delimiter = ",";  ///< one character
  bool header = true;
};
const OptionTableOf<CsvOptions>& csv_table();

/// Whether the options fit together, for OptionTableOf::check(); they are named `format` and `csv`.
std::optional<OptionFault> check(Format format, const CsvOptions& csv);

}  // namespace tidegate::lines
