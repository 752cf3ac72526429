#include "connectors/influxdb/point_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "gateway/base/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::influxdb {

namespace {

std::string escaped(std::string_view name) {
  std::string out;
  (void)append_key(name, out);  // the config was checked
  return out;
}

Status of(std::string_view what, Status status) {
  if (status) return status;
  return Error{status.error().code, fmt::format("{} {}", what, status.error().message)};
}

std::int64_t in_units(WallTime time, Precision precision) {
  const std::int64_t ms = time.time_since_epoch().count();
  switch (precision) {
    case Precision::s: return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    case Precision::ms: break;
    case Precision::us: return ms * 1000;
    case Precision::ns: return ms * 1'000'000;
  }
  return ms;
}

}  // namespace

PointWriter::PointWriter(const SinkOptions& options, std::string route)
    : fields_(std::move(route)), measurement_(fields_.add(options.measurement)), precision_(options.precision) {
  for (const auto& [name, text] : options.tags.entries) tags_.push_back({escaped(name), fields_.add(text)});
  // InfluxDB is quicker when they are sorted.
  std::ranges::sort(tags_, {}, &Tag::name);
  if (options.fields) {
    for (const FieldMap::Entry& field : options.fields->entries) {
      rows_.push_back({field.name, escaped(field.name), fields_.add(field.value), field.type});
    }
  }
  if (options.fields_from) members_ = fields_.add(*options.fields_from);
  if (options.timestamp) timestamp_ = fields_.add(*options.timestamp);
}

Status PointWriter::append(const OutEvent& event, std::string& out) {
  const std::size_t start = out.size();
  fields_.read(event);
  Status appended = append_point(event, out);
  if (!appended) out.resize(start);
  return appended;
}

Status PointWriter::append_point(const OutEvent& event, std::string& out) {
  if (Status filled = fill(measurement_); !filled) return filled.error().in("measurement");
  if (Status done = of("measurement", append_measurement(value_, out)); !done) return done;
  if (Status done = append_tags(out); !done) return done;
  out += ' ';
  if (Status done = append_fields(out); !done) return done;
  out += ' ';
  if (Status done = append_time(event, out); !done) return done;
  out += '\n';
  return {};
}

Status PointWriter::fill(fields::Field field) {
  value_.clear();
  return fields_.append(field, value_, tidegate::limits::kEventDataBytesMax);
}

Status PointWriter::append_tags(std::string& out) {
  for (const Tag& tag : tags_) {
    if (Status filled = fill(tag.value); !filled) return filled.error().in("tag " + tag.name);
    if (value_.empty()) continue;
    out += ',';
    out += tag.name;
    out += '=';
    if (Status done = of("tag " + tag.name, append_key(value_, out)); !done) return done;
  }
  return {};
}

Status PointWriter::append_fields(std::string& out) {
  const std::size_t start = out.size();
  std::string_view separator;
  for (const FieldRow& row : rows_) {
    if (Status filled = fill(row.value); !filled) return filled.error().in("field " + row.name);
    if (value_ == "null") continue;
    out += separator;
    separator = ",";
    out += row.escaped;
    out += '=';
    if (Status done = of("field " + row.name, append_value(row.type, value_, out)); !done) return done;
  }
  if (members_) {
    if (Status done = append_members(separator, out); !done) return done;
  }
  if (out.size() > start) return {};
  return Error{ErrorCode::invalid, "the event has no field, and a point needs one"};
}

/// The members of a JSON object that can be fields.
Status PointWriter::append_members(std::string_view separator, std::string& out) {
  if (Status filled = fill(*members_); !filled) return filled.error().in("fields_from");
  if (!value_.starts_with('{') || !is_embeddable_json(value_)) {
    return Error{ErrorCode::invalid, "fields_from is no JSON object"};
  }
  JsonItems members(value_);
  while (members.next()) {
    const std::string_view json = members.value();
    if (json == "null" || json.front() == '{' || json.front() == '[') continue;
    const std::string name = json_string_content(members.key());
    if (std::ranges::any_of(rows_, [&](const FieldRow& row) { return row.name == name; })) continue;
    out += separator;
    separator = ",";
    if (Status done = of("the name of a field", append_key(name, out)); !done) return done;
    out += '=';
    if (Status done = of("field " + name, append_value(FieldType::automatic, json, out)); !done) return done;
  }
  return {};
}

Status PointWriter::append_time(const OutEvent& event, std::string& out) {
  if (!timestamp_) {
    fmt::format_to(std::back_inserter(out), "{}", in_units(event.event.time, precision_));
    return {};
  }
  if (Status filled = fill(*timestamp_); !filled) return filled.error().in("timestamp");
  std::int64_t time = 0;
  const char* end = value_.data() + value_.size();
  const auto [rest, error] = std::from_chars(value_.data(), end, time);
  if (error != std::errc() || rest != end || value_.empty()) {
    return Error{ErrorCode::invalid, "timestamp is no whole number"};
  }
  out += value_;
  return {};
}

}  // namespace tidegate::influxdb
