#pragma once

#include <filesystem>

#include "gateway/base/result.h"
#include "gateway/spool/books.h"

namespace tidegate {

/// The ids of lanes and sources, kept in a small text file beside the database: the blocks name lanes by id only, and
/// must find their way home even when the table `lanes` cannot be read. *Source*: FORMAT.md, "names".
/// Writes the file when its content would change, durably. *Blocks*.
Status save_names(const std::filesystem::path& file, const Books& books);

/// Adds a book for each lane and source that `books` does not have. A file that is missing or damaged adds nothing.
void add_missing_names(const std::filesystem::path& file, Books& books);

}  // namespace tidegate
