#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/fields/text.h"
#include "connectors/influxdb/field_map.h"
#include "connectors/stores/store.h"

namespace tidegate::influxdb {

enum class Precision : std::uint8_t { s, ms, us, ns };

struct SinkOptions : stores::StoreOptions {
  std::string database;          ///< version 1
  std::string retention_policy;  ///< version 1; empty: the database's own
  std::string bucket;            ///< versions 2 and 3
  std::string org;               ///< version 2
  fields::Text measurement;
  fields::TextMap tags;
  std::optional<FieldMap> fields;
  std::optional<fields::Text> fields_from;
  std::optional<fields::Text> timestamp;
  Precision precision = Precision::ms;
};

const OptionTableOf<SinkOptions>& sink_table();

/// Where points are written.
std::string write_url(const SinkOptions& options);

}  // namespace tidegate::influxdb
