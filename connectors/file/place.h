#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace tidegate::file {

/// Makes a relative path of a text that may hold anything: it never leaves its folder, and every part of it is a name.
/// `.`, `..` and empty parts, and bytes that are controls or no UTF-8, become _. *Errors*: invalid, naming the limit.
Result<std::string> safe_path(std::string_view text);

/// The parts of a path that safe_path() made.
std::vector<std::string> parts_of(std::string_view path);

/// The name of a file that is finished: `ending` stays at the end, `time` (and `number`, when it is not 0) before it.
std::string finished_name(std::string_view name, std::string_view ending, std::string_view time, unsigned number);

}  // namespace tidegate::file
