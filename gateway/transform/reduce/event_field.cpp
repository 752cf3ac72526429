#include "gateway/transform/reduce/event_field.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <variant>

namespace tidegate {

namespace {

using Kind = EventField::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 6> kPlain{{{"id", Kind::id},
                                                                   {"source", Kind::source},
                                                                   {"type", Kind::type},
                                                                   {"subject", Kind::subject},
                                                                   {"datacontenttype", Kind::datacontenttype},
                                                                   {"data", Kind::data}}};
constexpr std::array<std::pair<std::string_view, Kind>, 2> kNamed{
    {{"captures.", Kind::capture}, {"attributes.", Kind::attribute}}};

Error invalid(std::string why) { return {ErrorCode::invalid, std::move(why)}; }

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
    return field;
  }
  if (text.starts_with("data.") || text.starts_with("data[")) {
    EventField field(Kind::value, text);
    std::string_view rest = text.substr(EventField::data().text().size());
    field.name_ = rest.substr(rest.starts_with('.') ? 1 : 0);
    auto path = take_payload_path(rest);
    if (const auto* mistake = std::get_if<std::string>(&path)) return invalid("is no field: " + *mistake);
    if (!rest.empty()) return invalid(fmt::format("is no field: \"{}\" is too much", rest));
    field.path_ = std::get<PayloadPath>(std::move(path));
    return field;
  }
  return invalid(
      "is no field; there are id, source, type, subject, datacontenttype, captures.NAME, attributes.NAME, data and "
      "data.PATH");
}

}  // namespace tidegate
