#include "connectors/directory/candidates.h"

namespace tidegate::directory {

void Candidates::saw(const std::string& name, const Signature& signature, SteadyTime now, milliseconds rest) {
  const auto known = files_.find(name);
  if (known != files_.end()) {
    if (known->second.signature == signature) return;
    forget(name);
  }
  if (files_.size() >= max_) {
    left_out_ = true;
    const Age newest = *by_age_.rbegin();
    if (Age{signature.modified_ns, name} > newest) return;
    forget(newest.second);
  }
  const SteadyTime ready = now + rest;
  files_[name] = {signature, ready};
  by_age_.emplace(signature.modified_ns, name);
  by_ready_.emplace(ready, name);
}

void Candidates::forget(const std::string& name) {
  const auto found = files_.find(name);
  if (found == files_.end()) return;
  by_age_.erase({found->second.signature.modified_ns, name});
  by_ready_.erase({found->second.ready, name});
  files_.erase(found);
}

void Candidates::clear() {
  files_.clear();
  by_age_.clear();
  by_ready_.clear();
  left_out_ = false;
}

std::optional<std::string> Candidates::oldest_ready(SteadyTime now) const {
  if (by_ready_.empty() || by_ready_.begin()->first > now) return std::nullopt;
  for (const auto& [age, name] : by_age_)
    if (files_.find(name)->second.ready <= now) return name;
  return std::nullopt;
}

std::optional<SteadyTime> Candidates::next_ready() const {
  if (by_ready_.empty()) return std::nullopt;
  return by_ready_.begin()->first;
}

}  // namespace tidegate::directory
