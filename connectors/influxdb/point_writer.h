#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "connectors/fields/text_fields.h"
#include "connectors/influxdb/options.h"
#include "gateway/base/result.h"

namespace tidegate::influxdb {

/// Makes a point of an event, by the mapping of the options.
class PointWriter {
 public:
  PointWriter(const SinkOptions& options, std::string route);

  /// Appends the event's line, with its end. *Errors*: invalid, a sentence for the dead letter; `out` is as it was
  /// then.
  Status append(const OutEvent& event, std::string& out);

 private:
  struct Tag {
    std::string name;  ///< escaped
    fields::Field value;
  };
  struct FieldRow {
    std::string name;
    std::string escaped;
    fields::Field value;
    FieldType type;
  };
  Status append_point(const OutEvent& event, std::string& out);
  Status append_tags(std::string& out);
  Status append_fields(std::string& out);
  Status append_members(std::string_view separator, std::string& out);
  Status append_time(const OutEvent& event, std::string& out);
  /// Fills value_.
  Status fill(fields::Field field);

  fields::TextFields fields_;
  const fields::Field measurement_;
  std::vector<Tag> tags_;
  std::vector<FieldRow> rows_;
  std::optional<fields::Field> members_, timestamp_;
  const Precision precision_;
  std::string value_;  ///< scratch
};

}  // namespace tidegate::influxdb
