#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "connectors/directory/descriptor.h"
#include "connectors/directory/progress.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace tidegate::directory {

/// The watched folder and the two that files end in. Everything goes by their descriptors and by names without
/// slashes; links are never followed, so nothing outside can be reached through what a stranger puts into the folder.
/// *Blocks* on disk. *Errors*: io, refused (permissions) or not_found, with the system's reason and the remedy.
class Folder {
 public:
  /// Opens the folder, which must exist, and makes the other two when they are missing.
  static Result<Folder> open(const std::filesystem::path& path, const std::filesystem::path& done,
                             const std::filesystem::path& failed);

  enum class Kind : std::uint8_t { file, folder, other };  ///< other: a link, a device, a pipe
  struct Entry {
    Kind kind = Kind::other;
    Signature signature;
  };

  /// True when the path still leads to the folder that is open.
  [[nodiscard]] bool is_at(const std::filesystem::path& path) const;
  /// Every name in the folder except "." and "..".
  Status list(const std::function<void(const std::string& name)>& each) const;
  /// What is there under this name. *Errors*: not_found.
  [[nodiscard]] Result<Entry> look(const std::string& name) const;
  /// Opens a file for reading. *Errors*: invalid when it is no regular file.
  [[nodiscard]] Result<Descriptor> open_file(const std::string& name) const;

  /// Moves a file to the folder for finished files, under another name where that one is taken
  /// ("orders.20261124T163312Z.csv"). Returns the name it got. Durable after sync().
  Result<std::string> move_to_done(const std::string& name, WallTime now) const;
  /// A name that is free in the folder for failed files, made likewise.
  [[nodiscard]] Result<std::string> free_name_in_failed(const std::string& name, WallTime now) const;
  /// Moves a file to the folder for failed files under exactly this name. Durable after sync().
  Status move_to_failed(const std::string& name, const std::string& free_name) const;
  Status remove(const std::string& name) const;
  Status sync() const;

  /// A new file in the folder for failed files, hidden until publish(). What an earlier attempt left is overwritten.
  [[nodiscard]] Result<Descriptor> create_in_failed(const std::string& name) const;
  /// Makes such a file durable and gives it its name.
  Status publish_in_failed(const std::string& name, const Descriptor& file) const;

  [[nodiscard]] int descriptor() const noexcept { return folder_.get(); }

 private:
  Folder(Descriptor folder, Descriptor done, Descriptor failed)
      : folder_(std::move(folder)), done_(std::move(done)), failed_(std::move(failed)) {}

  Descriptor folder_, done_, failed_;
};

/// The signature of an open file.
Result<Signature> signature_of(int fd);

/// A file name for logs and health: control characters and bytes that are not UTF-8 as \xNN.
std::string shown(std::string_view file_name);

}  // namespace tidegate::directory
