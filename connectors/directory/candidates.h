#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "connectors/directory/progress.h"
#include "gateway/base/clock.h"

namespace tidegate::directory {

/// The files that wait to be read: which is the oldest that has rested long enough. Holds at most so many; when there
/// are more, the oldest.
class Candidates {
 public:
  explicit Candidates(std::size_t max) : max_(max) {}

  /// A file is there, in this state. It is ready at `now + rest`, unless it is known already in the very same state.
  void saw(const std::string& name, const Signature& signature, SteadyTime now, milliseconds rest);
  void forget(const std::string& name);
  void clear();
  /// The oldest file (by its time of change, then by name) among those that are ready.
  [[nodiscard]] std::optional<std::string> oldest_ready(SteadyTime now) const;
  /// When the next one becomes ready.
  [[nodiscard]] std::optional<SteadyTime> next_ready() const;

  [[nodiscard]] std::size_t size() const noexcept { return files_.size(); }
  /// True when files had to be left out: the folder is to be listed again when these are done.
  [[nodiscard]] bool left_some_out() const noexcept { return left_out_; }

 private:
  struct File {
    Signature signature;
    SteadyTime ready;
  };
  using Age = std::pair<std::int64_t, std::string>;

  std::size_t max_;
  std::map<std::string, File> files_;
  std::set<Age> by_age_;
  std::set<std::pair<SteadyTime, std::string>> by_ready_;
  bool left_out_ = false;
};

}  // namespace tidegate::directory
