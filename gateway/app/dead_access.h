#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/app/commands.h"
#include "gateway/app/live_gateway.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// The dead letters of a gateway: asked of the one that runs, or else read from the data directory. *Blocks*.
class DeadAccess {
 public:
  /// With a data directory named, that one is read, and nothing can be changed. *Errors*: invalid: the config has
  /// mistakes, which were told.
  static Result<DeadAccess> open(const CommonOptions& common, const SpoolChoice& spool);

  /// One page, as GET /v1/dead gives it.
  [[nodiscard]] Result<std::string> page(const DeadQuery& query, bool whole) const;
  /// Every number of a lane (empty: of all), ascending.
  [[nodiscard]] Result<std::vector<std::uint64_t>> numbers(const std::string& lane) const;
  /// How many it concerned.
  [[nodiscard]] Result<std::uint64_t> retry(const std::vector<std::uint64_t>& numbers) const;
  [[nodiscard]] Result<std::uint64_t> drop(const std::vector<std::uint64_t>& numbers) const;

 private:
  using Change = Result<std::uint64_t> (Spool::*)(const std::vector<std::uint64_t>&);
  [[nodiscard]] Result<std::uint64_t> change(const std::string& verb, const std::string& done, Change how,
                                             const std::vector<std::uint64_t>& numbers) const;
  [[nodiscard]] Result<std::uint64_t> change_cold(Change how, const std::vector<std::uint64_t>& numbers) const;

  std::filesystem::path data_dir_;
  std::optional<Config> config_;
  std::optional<LiveGateway> live_;
};

}  // namespace tidegate
