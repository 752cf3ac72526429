#include "file_fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "connectors/directory/descriptor.h"
#include "connectors/file/recover.h"
#include "tests/fuzz/require.h"

namespace tidegate::file {

using test::require;

void examine_any(std::string_view bytes) {
  const directory::Descriptor file(memfd_create("fuzz", MFD_CLOEXEC));
  require(file && ::pwrite(file.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    for (const auto format : {lines::Format::payload, lines::Format::csv}) {
      const auto found = examine(file.get(), bytes.size(), compression, format, 16);
      require(found && found->whole_bytes <= bytes.size() && found->head.size() <= 16);
      const auto again = examine(file.get(), found->whole_bytes, compression, format, 16);
      require(again && again->whole_bytes == found->whole_bytes);
    }
  }
}

}  // namespace tidegate::file
