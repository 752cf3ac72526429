#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "connectors/fields/text.h"
#include "connectors/stores/store.h"

namespace tidegate::loki {

enum class Format : std::uint8_t { payload, cloudevents };

struct SinkOptions : stores::StoreOptions {
  fields::TextMap labels;
  fields::TextMap metadata;
  std::string tenant;  ///< empty: none
  std::size_t max_streams = 1000;
  Format format = Format::payload;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::loki
