#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/directory/topic.h"
#include "gateway/base/clock.h"

namespace tidegate::directory {

enum class Format : std::uint8_t { csv, ndjson, json, fixed_width, whole_file };
/// When a file is complete.
enum class Ready : std::uint8_t { settle, rename, marker };
enum class After : std::uint8_t { move, remove };
enum class OnError : std::uint8_t { reject_file, skip_row };
enum class Encoding : std::uint8_t { utf8, latin1 };
enum class ValueType : std::uint8_t { infer, text, integer, number, boolean };

struct CsvColumn {
  std::string name;
  ValueType type = ValueType::infer;
};

struct CsvOptions {
  std::string delimiter = ",";  ///< one character
  std::string quote = "\"";     ///< one character; empty: none
  bool header = true;
  std::vector<CsvColumn> columns;
  ValueType types = ValueType::infer;
  bool trim = false;
  std::uint32_t skip_lines = 0;
  std::string comment;  ///< one character; empty: none
};

struct FixedColumn {
  std::string name;
  std::uint32_t start = 1;  ///< first character, from 1
  std::uint32_t width = 1;
  ValueType type = ValueType::infer;
};

struct FixedWidthOptions {
  std::vector<FixedColumn> columns;
  ValueType types = ValueType::infer;
  bool trim = true;
  std::uint32_t skip_lines = 0;
  std::string comment;  ///< one character; empty: none
};

/// What a user can say about a source of type `directory`. The initialisers are the defaults.
struct SourceOptions {
  std::filesystem::path path;
  std::vector<std::string> pattern = {"*"};
  Format format = Format::csv;
  Ready ready = Ready::settle;
  milliseconds settle{2000};
  std::vector<std::string> temporary = {".tmp", ".part"};
  std::string marker = ".done";
  milliseconds rescan{10'000};
  After after = After::move;
  std::filesystem::path done_dir;    ///< empty: `done` in the folder
  std::filesystem::path failed_dir;  ///< empty: `failed` in the folder
  OnError on_error = OnError::reject_file;
  TopicTemplate topic;  ///< empty: "files/<source>"
  Encoding encoding = Encoding::utf8;
  std::uint64_t max_row = 1u << 20;
  std::string content_type;
  CsvOptions csv;
  FixedWidthOptions fixed_width;
};

}  // namespace tidegate::directory
