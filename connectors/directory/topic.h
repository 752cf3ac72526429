#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace tidegate::directory {

/// The topic of a source's events, with names in braces: "erp/{stem}/{plant}".
class TopicTemplate {
 public:
  /// *Errors*: invalid: an open brace, an empty name, a wildcard outside braces.
  static Result<TopicTemplate> parse(std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
  /// Names of the columns it needs, in the order in which topic() wants their values.
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  /// The same with a + for each level that depends on the file or the row.
  [[nodiscard]] std::string filter() const;
  /// The topic of a row of this file. What can't stand in one level of a topic (slashes, wildcards, controls, nothing
  /// at all) becomes "_". `values` belong to columns().
  [[nodiscard]] std::string topic(std::string_view file_name, const std::vector<std::string>& values) const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { text, file, stem, column } kind;
    std::string text;  ///< of a text
  };
  std::vector<Part> parts_;
  std::vector<std::string> columns_;
};

/// The topic of a source that has none in its options: "files/<source name>".
std::string default_topic(std::string_view source);

/// The name of a file without its last ending: "orders.csv" is "orders".
std::string_view stem_of(std::string_view file_name) noexcept;

}  // namespace tidegate::directory
