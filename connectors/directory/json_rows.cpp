#include "connectors/directory/json_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "connectors/directory/value.h"
#include "gateway/event/json_text.h"

namespace tidegate::directory {

namespace {

constexpr const char* kNotJson = "not one valid JSON value (RFC 8259), or nested too deeply";

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Finds where a text stops being JSON. Slow: for texts that are known to be wrong.
class ErrorPlace final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*size*/) override { return true; }
  bool key(string_t& /*value*/) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t /*size*/) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*e*/) override {
    place = position == 0 ? 0 : position - 1;
    return false;
  }
  std::size_t place = 0;
};

Fault fault_at(std::string_view bytes, std::size_t at, std::string what, Encoding encoding, bool fatal) {
  const std::string_view before = bytes.substr(0, at);
  const std::size_t feed = before.rfind('\n');
  const std::size_t start = feed == std::string_view::npos ? 0 : feed + 1;
  return {static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')),
          column_at(bytes.substr(start), at - start, encoding), std::move(what), fatal};
}

/// The fault of a text that is no JSON value; its place relative to `bytes`, in which the text stands at `from`.
Fault json_fault(std::string_view bytes, std::size_t from, std::string_view text, Encoding encoding) {
  std::size_t place = encoding == Encoding::utf8 ? first_invalid_utf8(text) : std::string_view::npos;
  if (place != std::string_view::npos)
    return fault_at(bytes, from + place, "not UTF-8; if the file is Latin-1, set encoding: latin-1", encoding, false);
  ErrorPlace finder;
  nlohmann::json::sax_parse(text, &finder);
  return fault_at(bytes, from + std::min(finder.place, text.size()), kNotJson, encoding, false);
}

/// Takes a value that was found whole.
bool take_value(std::string_view text, Encoding encoding, Row& row) {
  row.raw = text;
  row.data.clear();
  append_utf8(row.data, text, encoding);
  return is_embeddable_json(row.data);
}

std::string_view without_space(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

/// Where the element that begins `bytes` ends: at the comma or bracket behind it. npos: not in these bytes.
std::size_t element_end(std::string_view bytes) noexcept {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    switch (c) {
      case '"': in_string = true; break;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (depth == 0) return i;
        --depth;
        break;
      case ',':
        if (depth == 0) return i;
        break;
      default: break;
    }
  }
  return std::string_view::npos;
}

}  // namespace

Taken NdjsonRows::next(std::string_view bytes, bool last, Row& row) {
  if (bytes.empty()) return {.what = last ? Taken::What::end : Taken::What::more};
  const LineEnd line = first_line(bytes, last);
  if (!line.whole) return {};
  Taken taken{.what = Taken::What::nothing, .bytes = line.size, .lines = line.feeds};
  const std::string_view text = without_space(line.text);
  if (text.empty()) return taken;
  if (take_value(text, encoding_, row)) {
    taken.what = Taken::What::row;
  } else {
    taken.what = Taken::What::fault;
    taken.fault = json_fault(bytes, static_cast<std::size_t>(text.data() - bytes.data()), text, encoding_);
  }
  return taken;
}

Taken JsonElements::next(std::string_view bytes, bool last, Row& row) {
  // White space in front of whatever comes.
  std::size_t space = 0;
  while (space < bytes.size() && is_space(bytes[space])) ++space;
  if (space > 0) {
    const std::string_view text = bytes.substr(0, space);
    return {.what = Taken::What::nothing,
            .bytes = space,
            .lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'))};
  }
  if (bytes.empty()) {
    if (!last) return {};
    if (at_ == At::done || at_ == At::start) return {.what = Taken::What::end};
    return {.what = Taken::What::fault,
            .fault = {0, 1, "the array is not closed: is the rest of the file missing?", true}};
  }
  if (at_ == At::element || (at_ == At::first_element && bytes.front() != ']')) return take_element(bytes, last, row);
  if (at_ == At::start && bytes.front() != '[') return take_element(bytes, last, row);
  return punctuation(bytes);
}

/// What stands between elements.
Taken JsonElements::punctuation(std::string_view bytes) {
  const char c = bytes.front();
  Taken taken{.what = Taken::What::nothing, .bytes = 1};
  if (at_ == At::start) {
    array_ = true;
    at_ = At::first_element;
  } else if (c == ']' && array_ && at_ != At::done) {
    at_ = At::done;
  } else if (c == ',' && at_ == At::after_element) {
    at_ = At::element;
  } else {
    taken.what = Taken::What::fault;
    taken.fault = {0, 1, at_ == At::done ? "something behind the end of the JSON text" : "a comma or ] is missing",
                   true};
  }
  return taken;
}

Taken JsonElements::take_element(std::string_view bytes, bool last, Row& row) {
  std::size_t end = bytes.size();
  if (array_) {
    end = element_end(bytes);
    if (end == std::string_view::npos) {
      if (!last) return {};
      end = bytes.size();
    }
  } else if (!last) {
    return {};
  }
  const std::string_view text = without_space(bytes.substr(0, end));
  const std::string_view all = bytes.substr(0, end);
  Taken taken{.what = Taken::What::row,
              .bytes = end,
              .lines = static_cast<std::uint32_t>(std::count(all.begin(), all.end(), '\n'))};
  if (!take_value(text, encoding_, row)) {
    taken.what = Taken::What::fault;
    taken.fault = json_fault(bytes, 0, text, encoding_);
  }
  at_ = array_ ? At::after_element : At::done;
  return taken;
}

}  // namespace tidegate::directory
