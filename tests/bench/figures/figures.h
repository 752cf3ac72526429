#pragma once

#include <string>
#include <vector>

/// What the programs that measure one part have in common: their arguments, medians, and how they print.
namespace tidegate::bench {

struct Figure {
  std::string name;
  std::string unit;
  double value;
};
using Figures = std::vector<Figure>;

/// As a table, or as JSON: {NAME: {"value": N, "unit": UNIT}, ...}.
void print(const Figures& figures, int decimals, bool json);

struct Arguments {
  int runs = 1;
  bool quick = false;  ///< does it work, not how fast is it
  bool json = false;
};

/// main() of `program [--runs N] [--quick] [--json]`: measures and prints. `runs`: the default of the option; `about`:
/// a sentence for --help. Returns what main() does: 2 for wrong arguments.
int measure_and_print(int argc, char** argv, const std::string& about, int runs,
                      Figures (*measure)(const Arguments& arguments), int decimals = 0);

/// The upper one of two; there must be a value.
double median(std::vector<double> values);

/// Seconds that this thread had of a processor.
double processor_seconds();

}  // namespace tidegate::bench
