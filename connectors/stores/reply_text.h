#pragma once

#include <string>
#include <string_view>

namespace tidegate::stores {

/// What an answer's body says for people: the text of `error`, `message`, `text`, `reason` or `error.reason` when it is
/// a JSON object that has one, else the body as it is. At most http's excerpt.
std::string reply_text(std::string_view body);

}  // namespace tidegate::stores
