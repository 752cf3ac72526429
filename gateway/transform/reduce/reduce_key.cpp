#include "gateway/transform/reduce/reduce_key.h"

#include "gateway/event/json_text.h"
#include "gateway/spool/varint.h"
#include "gateway/transform/reduce/digest.h"
#include "gateway/transform/reduce/limits.h"

namespace tidegate {

namespace {

constexpr char kMissing = '-';
constexpr char kText = 't';
constexpr char kJson = 'j';

}  // namespace

ReduceKey::ReduceKey(const std::vector<EventField>& fields, FieldReader& reader) {
  for (const EventField& field : fields) numbers_.push_back(reader.want(field));
}

bool ReduceKey::append(const FieldReader& values, std::string& out) const {
  bool any = false;
  for (const std::size_t number : numbers_) {
    const FieldValue& value = values[number];
    any = any || !value.missing();
    if (value.missing()) {
      out += kMissing;
    } else if (value.text.size() > limits::kReduceKeyValueBytesMax) {
      // As text: cut off, it is no JSON any more.
      out += kText;
      put_bytes(out, std::string(value.text.substr(0, limits::kReduceKeyValueBytesMax)) + hex(digest(value.text)));
    } else {
      out += value.kind == FieldValue::Kind::json ? kJson : kText;
      put_bytes(out, value.text);
    }
  }
  return any;
}

std::string key_as_json(std::string_view key, const std::vector<std::string>& names) {
  ByteReader reader(key);
  std::string out = "{";
  for (const std::string& name : names) {
    const std::string_view kind = reader.take(1);
    const std::string_view value = kind.empty() || kind[0] == kMissing ? std::string_view{} : reader.bytes();
    if (!reader.ok()) break;
    if (out.size() > 1) out += ',';
    append_json_string(name, out);
    out += ':';
    if (kind[0] == kMissing) {
      out += "null";
    } else if (kind[0] == kJson) {
      out += value;
    } else {
      append_json_string(value, out);
    }
  }
  return out + "}";
}

}  // namespace tidegate
