#include "connectors/aws_sqs/holdings.h"

#include <algorithm>
#include <utility>

#include "connectors/aws_sqs/limits.h"

namespace tidegate::aws_sqs {

bool Holdings::hold(const std::string& id, std::string handle, SteadyTime now) {
  const auto [found, is_new] = held_.try_emplace(id);
  Held& held = found->second;
  held.handle = std::move(handle);
  held.lapses_at = now + visibility_;
  if (!held.is_stored) extend_at(held, now + visibility_ / 2);
  return is_new;
}

void Holdings::stored(const std::string& id) {
  const auto found = held_.find(id);
  if (found == held_.end() || std::exchange(found->second.is_stored, true)) return;
  found->second.extend_at = SteadyTime::max();
  stored_.push_back(id);
}

std::string Holdings::let_go(const std::string& id) {
  auto taken = held_.extract(id);
  return taken.empty() ? std::string() : std::move(taken.mapped().handle);
}

std::vector<Holdings::Entry> Holdings::take_stored() {
  std::vector<Entry> entries;
  while (!stored_.empty() && entries.size() < limits::kSqsBatchEventsMax) {
    const auto found = held_.find(stored_.front());
    if (found != held_.end()) entries.push_back({found->first, found->second.handle});
    stored_.pop_front();
  }
  return entries;
}

void Holdings::delete_again(const Entry& entry) {
  if (held_.contains(entry.id)) stored_.push_back(entry.id);
}

void Holdings::delete_refused(const Entry& entry) {
  const auto found = held_.find(entry.id);
  if (found == held_.end()) return;
  if (found->second.handle != entry.handle) {
    stored_.push_back(entry.id);
  } else {
    held_.erase(found);
  }
}

std::vector<Holdings::Entry> Holdings::take_ageing(SteadyTime now) {
  std::vector<Entry> entries;
  if (now < next_ageing_) return entries;
  next_ageing_ = SteadyTime::max();
  for (auto& [id, held] : held_) {
    if (held.extend_at <= now && entries.size() < limits::kSqsBatchEventsMax) {
      entries.push_back({id, held.handle});
      held.extend_at = SteadyTime::max();  // until the answer
    }
    next_ageing_ = std::min(next_ageing_, held.extend_at);
  }
  return entries;
}

void Holdings::extended(const Entry& entry, SteadyTime now) {
  const auto found = held_.find(entry.id);
  if (found == held_.end() || found->second.is_stored) return;
  found->second.lapses_at = now + visibility_;
  extend_at(found->second, now + visibility_ / 2);
}

void Holdings::not_extended(const Entry& entry, SteadyTime now, bool hopeless) {
  const auto found = held_.find(entry.id);
  if (found == held_.end() || found->second.is_stored || found->second.handle != entry.handle) return;
  constexpr int kTries = 8;
  const SteadyTime again = now + visibility_ / kTries;
  // Past its time it comes again by itself, and hold() gives it a new one.
  if (!hopeless && again < found->second.lapses_at) extend_at(found->second, again);
}

void Holdings::extend_at(Held& held, SteadyTime when) {
  held.extend_at = when;
  next_ageing_ = std::min(next_ageing_, when);
}

}  // namespace tidegate::aws_sqs
