#pragma once

#include <filesystem>
#include <string>

#include "gateway/spool/spool.h"

namespace tidegate {

/// What audit() does, for one database file opened with a given VFS.
Result<AuditReport> audit_database(const std::filesystem::path& database, const std::string& vfs);

}  // namespace tidegate
