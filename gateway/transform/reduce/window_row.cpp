#include "gateway/transform/reduce/window_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "gateway/event/hops.h"
#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"
#include "gateway/transform/reduce/digest.h"
#include "gateway/transform/reduce/keyed_reduction.h"
#include "gateway/transform/reduce/limits.h"

namespace tidegate {

namespace {

using reduce_rows::put_number;
using reduce_rows::put_time;
using reduce_rows::take_number;
using reduce_rows::take_time;

void append_time(WallTime time, std::string& out) {
  out += '"';
  append_rfc3339(time, out);
  out += '"';
}

void append_number(std::string_view name, double number, std::string& out) {
  // JSON knows no infinity: a mean of numbers near the largest of all.
  fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(out), "{}", number);
  } else {
    out += "null";
  }
}

void put_names(std::string& out, const std::vector<std::string>& names) {
  put_varint(out, names.size());
  for (const std::string& name : names) put_bytes(out, name);
}

std::vector<std::string> take_names(ByteReader& reader) {
  std::vector<std::string> names;
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) names.emplace_back(reader.bytes());
  return names;
}

}  // namespace

void Summary::add(double number) noexcept {
  min = count == 0 ? number : std::min(min, number);
  max = count == 0 ? number : std::max(max, number);
  last = number;
  ++count;
  mean += (number - mean) / static_cast<double>(count);
}

void KeyWindow::write(std::string& out) const {
  put_time(out, ended);
  put_varint(out, open ? 1 : 0);
  if (!open) return;
  put_time(out, open->start);
  put_varint(out, open->first.value);
  put_varint(out, open->count);
  for (const std::string* text : {&open->subject, &open->source, &open->hops}) put_bytes(out, *text);
  put_varint(out, open->fields.size());
  for (const Summary& field : open->fields) {
    put_varint(out, field.count);
    for (const double number : {field.min, field.max, field.mean, field.last}) put_number(out, number);
  }
}

void KeyWindow::read(ByteReader& reader) {
  ended = take_time(reader);
  if (reader.varint() == 0) return;
  open.emplace();
  open->start = take_time(reader);
  open->first = Seq{reader.varint()};
  open->count = reader.varint();
  for (std::string* text : {&open->subject, &open->source, &open->hops}) *text = reader.bytes();
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    Summary& field = open->fields.emplace_back();
    field.count = reader.varint();
    for (double* number : {&field.min, &field.max, &field.mean, &field.last}) *number = take_number(reader);
  }
}

void WindowShape::write(std::string& out) const {
  put_varint(out, static_cast<std::uint64_t>(every.count()));
  put_names(out, key_names);
  put_names(out, field_names);
}

void WindowShape::read(ByteReader& reader) {
  every = milliseconds(static_cast<milliseconds::rep>(reader.varint()));
  key_names = take_names(reader);
  field_names = take_names(reader);
}

Event window_event(const WindowShape& shape, std::string_view lane, std::string_view key, const OpenWindow& window) {
  std::string identity;
  put_bytes(identity, lane);
  put_bytes(identity, key);
  put_time(identity, window.start);
  put_varint(identity, window.first.value);

  Event event;
  event.id = hex(digest(identity));
  event.source = window.source;
  event.type = kWindowType;
  event.subject = window.subject;
  event.time = window.start + shape.every;
  event.datacontenttype = "application/json";
  if (!window.hops.empty()) event.attributes.emplace_back(kHopsAttribute, window.hops);
  event.data = "{\"key\":" + key_as_json(key.substr(std::min<std::size_t>(1, key.size())), shape.key_names);
  event.data += ",\"start\":";
  append_time(window.start, event.data);
  event.data += ",\"end\":";
  append_time(event.time, event.data);
  fmt::format_to(std::back_inserter(event.data), ",\"count\":{},\"fields\":{{", window.count);
  for (std::size_t i = 0; i < window.fields.size() && i < shape.field_names.size(); ++i) {
    const Summary& field = window.fields[i];
    if (i > 0) event.data += ',';
    append_json_string(shape.field_names[i], event.data);
    fmt::format_to(std::back_inserter(event.data), ":{{\"count\":{}", field.count);
    if (field.count > 0) {
      append_number("min", field.min, event.data);
      append_number("max", field.max, event.data);
      append_number("mean", field.mean, event.data);
      append_number("last", field.last, event.data);
    }
    event.data += '}';
  }
  event.data += "}}";
  return event;
}

}  // namespace tidegate
