#pragma once

#include <string_view>

namespace tidegate {

/// The first line is a template, read as a shape and as a text and as a format of times; the rest is a payload that
/// fills it. Aborts when what comes out contradicts itself.
void fill_any_template(std::string_view bytes);

}  // namespace tidegate
