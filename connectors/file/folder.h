#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/directory/descriptor.h"
#include "gateway/base/result.h"

namespace tidegate::file {

using directory::Descriptor;

/// What the system said, for people: "cannot write /srv/a.ndjson: No space left on device". full when a disk or quota
/// has no room, invalid when the name is what is wrong (a file where a folder should be, a link), else io.
Error file_error(int number, std::string_view what, const std::filesystem::path& path);

/// The sink's folder. Nothing that is opened below it follows a symbolic link. *Blocks* on disk.
class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] std::filesystem::path full(std::string_view below) const { return path_ / below; }
  /// The folder that holds the last of `parts`; those that are not there are made, and synced. *Errors*: file_error.
  [[nodiscard]] Result<Descriptor> open_parent(const std::vector<std::string>& parts) const;
  /// Makes a file, writes, syncs and removes it again.
  [[nodiscard]] Status probe() const;

 private:
  [[nodiscard]] Result<Descriptor> open_root() const;

  std::filesystem::path path_;
};

/// *Errors*: file_error.
Status sync_folder(int folder, const std::filesystem::path& path);

}  // namespace tidegate::file
