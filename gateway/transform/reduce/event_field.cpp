#include "gateway/transform/reduce/event_field.h"

#include <array>
#include <utility>

namespace tidegate {

namespace {

using Kind = EventField::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 6> kPlain{{{"id", Kind::id},
                                                                   {"source", Kind::source},
                                                                   {"type", Kind::type},
                                                                   {"subject", Kind::subject},
                                                                   {"datacontenttype", Kind::datacontenttype},
                                                                   {"data", Kind::data}}};
constexpr std::array<std::pair<std::string_view, Kind>, 3> kNamed{
    {{"captures.", Kind::capture}, {"attributes.", Kind::attribute}, {"data.", Kind::value}}};

Error invalid(const char* why) { return {ErrorCode::invalid, why}; }

}  // namespace

Result<EventField> EventField::parse(std::string_view text) {
  for (const auto& [name, kind] : kPlain) {
    if (text == name) return EventField(kind, text);
  }
  for (const auto& [prefix, kind] : kNamed) {
    if (!text.starts_with(prefix)) continue;
    EventField field(kind, text);
    field.name_ = text.substr(prefix.size());
    if (field.name_.empty()) return invalid("lacks the name after the dot");
    if (kind != Kind::value) return field;
    for (std::string_view rest = field.name_;;) {
      const std::size_t dot = rest.find('.');
      if (dot == 0 || rest.empty()) return invalid("has an empty part between dots");
      field.path_.emplace_back(rest.substr(0, dot));
      if (dot == std::string_view::npos) return field;
      rest.remove_prefix(dot + 1);
    }
  }
  return invalid(
      "is no field; there are id, source, type, subject, datacontenttype, captures.NAME, attributes.NAME, data and "
      "data.PATH");
}

}  // namespace tidegate
