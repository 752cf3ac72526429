#pragma once

#include <atomic>
#include <string>

#include "connectors/directory/folder.h"
#include "connectors/directory/options.h"
#include "gateway/base/result.h"

namespace tidegate::directory {

/// What is known of a file that failed.
struct Failure {
  std::string file;          ///< its name in the folder
  std::string final_name;    ///< its name in the folder for failed files
  std::uint64_t stored = 0;  ///< rows that are in the spool
  std::string other;         ///< a reason that is not in the file; empty: read it again and list its faults
};

/// Writes `NAME.reason`, and with on_error: skip_row also `NAME.rejected` with the bad rows, into the folder for failed
/// files. Reads the file once more, in constant memory. May be repeated. *Blocks* on disk.
/// *Errors*: stopping when `stop` was set meanwhile; io, full, refused.
Status write_report(const Folder& folder, const SourceOptions& options, const Failure& failure,
                    const std::atomic<bool>& stop);

}  // namespace tidegate::directory
