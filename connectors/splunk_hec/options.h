#pragma once

#include <cstdint>
#include <optional>

#include "connectors/fields/text.h"
#include "connectors/stores/store.h"

namespace tidegate::splunk_hec {

enum class Format : std::uint8_t { payload, cloudevents };

struct SinkOptions : stores::StoreOptions {
  std::optional<fields::Text> index;
  std::optional<fields::Text> host;
  std::optional<fields::Text> sourcetype;
  fields::Text source = "${subject}";
  fields::TextMap fields;
  Format format = Format::payload;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::splunk_hec
