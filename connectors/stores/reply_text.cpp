#include "connectors/stores/reply_text.h"

#include <nlohmann/json.hpp>

#include "connectors/http/judge.h"
#include "connectors/http/limits.h"

namespace tidegate::stores {

namespace {

using Json = nlohmann::json;

const Json* find(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::string reply_text(std::string_view body) {
  const auto excerpt = [](std::string_view text) { return http::excerpt(text, limits::kHttpExcerptBytesMax); };
  const Json json = Json::parse(body, nullptr, false);
  const Json* error = find(json, "error");
  for (const auto& [object, name] : {std::pair(error, "reason"), std::pair(&json, "error"), std::pair(&json, "message"),
                                     std::pair(&json, "text"), std::pair(&json, "reason")}) {
    const Json* found = object != nullptr ? find(*object, name) : nullptr;
    if (found != nullptr && found->is_string()) return excerpt(found->get_ref<const std::string&>());
  }
  return excerpt(body);
}

}  // namespace tidegate::stores
