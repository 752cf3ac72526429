#pragma once

#include <cstdint>
#include <filesystem>

#include "connectors/compression/compressor.h"
#include "connectors/fields/text.h"
#include "connectors/lines/options.h"
#include "gateway/base/clock.h"
#include "gateway/config/option_table.h"

namespace tidegate::file {

struct RotateOptions {
  std::uint64_t size = 64u << 20;  ///< 0: never for its size
  milliseconds every{0};           ///< 0: never for its age
};

struct SinkOptions {
  std::filesystem::path folder;
  fields::Text name = "${route}/${time.date}";
  lines::Format format = lines::Format::cloudevents;
  lines::CsvOptions csv;
  Compression compression = Compression::none;
  RotateOptions rotate;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::file
