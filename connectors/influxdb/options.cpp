#include "connectors/influxdb/options.h"

#include <algorithm>

#include "connectors/auth/encoding.h"
#include "connectors/influxdb/influxdb.h"

namespace tidegate {
namespace influxdb {

namespace {

/// Names that InfluxDB keeps for itself.
bool is_reserved(std::string_view name) {
  return name == "time" || name == "_time" || name == "_measurement" || name == "_field";
}

std::optional<OptionFault> check_names(const SinkOptions& o) {
  for (const auto& [name, text] : o.tags.entries) {
    std::string scratch;
    if (const Status fits = append_key(name, scratch); !fits) {
      return OptionFault{"tags", "\"" + name + "\" " + fits.error().message};
    }
    if (is_reserved(name)) return OptionFault{"tags", "\"" + name + "\" is a name that InfluxDB keeps for itself"};
  }
  for (const FieldMap::Entry& field : o.fields ? o.fields->entries : std::vector<FieldMap::Entry>()) {
    if (is_reserved(field.name)) {
      return OptionFault{"fields", "\"" + field.name + "\" is a name that InfluxDB keeps for itself"};
    }
  }
  return std::nullopt;
}

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  if (auto fault = stores::check_store(o)) return fault;
  if (o.database.empty() == o.bucket.empty()) {
    return OptionFault{"bucket", "write `database` for InfluxDB 1, or `bucket` for InfluxDB 2 and 3"};
  }
  if (o.database.empty() && !o.retention_policy.empty()) {
    return OptionFault{"retention_policy", "belongs to a `database`"};
  }
  if (o.bucket.empty() && !o.org.empty()) return OptionFault{"org", "belongs to a `bucket`"};
  if (!o.fields && !o.fields_from) return OptionFault{"fields", "a point needs `fields` or `fields_from`"};
  return check_names(o);
}

std::string_view name_of(Precision precision, bool v1) {
  switch (precision) {
    case Precision::s: return "s";
    case Precision::ms: break;
    case Precision::us: return v1 ? "u" : "us";
    case Precision::ns: return v1 ? "n" : "ns";
  }
  return "ms";
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    auto made = OptionTableOf<SinkOptions>("Writes events to InfluxDB as points, in line protocol.");
    stores::add_store(made, "Where InfluxDB is: http://127.0.0.1:8086.",
                      "API token of InfluxDB 2 and 3. Version 1 takes `auth` of type basic.")
        .option("database", &SinkOptions::database, "InfluxDB 1: the database.")
        .option("retention_policy", &SinkOptions::retention_policy, "InfluxDB 1: the retention policy.")
        .default_text("the database's own")
        .option("bucket", &SinkOptions::bucket, "InfluxDB 2 and 3: the bucket, or the database.")
        .option("org", &SinkOptions::org, "InfluxDB 2: the organization.")
        .required_tree("measurement", &SinkOptions::measurement, fields::text_from, fields::kTextSyntax,
                       "The measurement.")
        .tree("tags", &SinkOptions::tags, fields::text_map_from, fields::kTextMapSyntax,
              "Tags. One whose text is empty is left out.")
        .tree("fields", &SinkOptions::fields, field_map_from, kFieldMapSyntax,
              "Fields. Numbers are floats unless `type` says integer, unsigned, boolean or string; one whose value is "
              "null is left out.")
        .tree("fields_from", &SinkOptions::fields_from, fields::text_from, fields::kTextSyntax,
              "A JSON object, such as ${data}, whose numbers, strings and booleans become fields under their names; "
              "`fields` wins.")
        .tree("timestamp", &SinkOptions::timestamp, fields::text_from, fields::kTextSyntax,
              "When it happened: a whole number since 1970, in units of `precision`.")
        .default_text("the event's time")
        .choice("precision", &SinkOptions::precision,
                {{"s", Precision::s, "Seconds."},
                 {"ms", Precision::ms, "Milliseconds."},
                 {"us", Precision::us, "Microseconds."},
                 {"ns", Precision::ns, "Nanoseconds."}},
                "Unit of the timestamps.")
        .check(check_sink);
    return made;
  }();
  return table;
}

std::string write_url(const SinkOptions& options) {
  const bool v1 = !options.database.empty();
  std::string query;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) auth::append_form_field(name, value, query);
  };
  add("db", options.database);
  add("rp", options.retention_policy);
  add("org", options.org);
  add("bucket", options.bucket);
  add("precision", name_of(options.precision, v1));
  return stores::join(options.url, v1 ? "/write?" : "/api/v2/write?") + query;
}

}  // namespace influxdb

const OptionTable* influxdb_sink_options() { return &influxdb::sink_table(); }

Status check_influxdb_sink_route(const std::any& options, const TopicFilter& route) {
  const auto& sink = std::any_cast<const influxdb::SinkOptions&>(options);
  for (const Status& checked : {fields::check_captures("measurement", sink.measurement, route),
                                fields::check_captures("tags", sink.tags, route),
                                fields::check_captures("fields_from", sink.fields_from, route),
                                fields::check_captures("timestamp", sink.timestamp, route)}) {
    if (!checked) return checked;
  }
  return {};
}

}  // namespace tidegate
