#pragma once

#include <cstdint>
#include <string>

#include "connectors/fields/text.h"
#include "connectors/stores/store.h"

namespace tidegate::elasticsearch {

enum class Action : std::uint8_t { create, index };
enum class Format : std::uint8_t { payload, cloudevents };

struct SinkOptions : stores::StoreOptions {
  fields::Text index;
  Action action = Action::create;
  Format format = Format::payload;
  std::string pipeline;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::elasticsearch
