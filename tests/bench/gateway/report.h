#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tidegate::bench {

/// How a figure compares with its target.
enum class Bound : std::uint8_t { at_least, at_most, none };

/// One line of the result: the median of its samples against what was promised.
struct Row {
  std::string what;
  std::string unit;
  std::vector<double> samples;
  Bound bound = Bound::none;
  double target = 0;

  [[nodiscard]] double median() const;
  [[nodiscard]] bool pass() const;
};

/// Prints the rows as a table.
void print_table(const std::vector<Row>& rows);
/// Writes them as JSON: {"rows": [{what, unit, median, samples, bound, target, pass}]}.
void write_json(const std::vector<Row>& rows, const std::filesystem::path& path);

/// The q-quantile (0 to 1) of the values, nearest rank; 0 when there are none.
double quantile(std::vector<double> values, double q);

}  // namespace tidegate::bench
