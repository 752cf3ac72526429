#include <filesystem>
#include <fstream>
#include <iostream>

#include "gateway/config/config.h"

/// Writes the generated documents into a folder: config_docs config
int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: config_docs FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::ofstream schema(folder / "tidegate.schema.json");
  std::ofstream reference(folder / "REFERENCE.md");
  schema << tidegate::json_schema(tidegate::connector_types());
  reference << tidegate::reference(tidegate::connector_types());
  schema.close();
  reference.close();
  if (schema && reference) return 0;
  std::cerr << "config_docs: cannot write to " << folder << "\n";
  return 1;
}
