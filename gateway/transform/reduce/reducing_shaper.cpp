#include "gateway/transform/reduce/reducing_shaper.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/transform/reduce/limits.h"

namespace tidegate {

namespace {

class ReducingShaper final : public Shaper {
 public:
  ReducingShaper(const ReducerSetup& setup, std::unique_ptr<Shaper> next)
      : reduces_(!setup.steps.empty()), reducer_(setup), next_(std::move(next)) {}

  void restore(const std::vector<std::pair<std::string, std::string>>& rows) override { reducer_.restore(rows); }

  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant now) override {
    if (!reduces_) return next_->shape(events, now);
    std::vector<Shaped> shaped;
    shaped.reserve(events.size());
    while (!events.empty()) {
      const std::span<StoredEvent> some = events.first(std::min(events.size(), chunk_));
      const std::size_t at_once = shape_all(some, now, shaped);
      if (at_once < some.size()) {
        chunk_ = std::max<std::size_t>(1, at_once);
        break;
      }
      events = events.subspan(some.size());
      chunk_ = std::min(chunk_ * 2, limits::kReduceChunkEventsMax);
    }
    return shaped;
  }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant now) override {
    return next_->reshape(events, now);
  }

  void tick(Instant now, bool at_end) override { reducer_.tick(now, at_end); }
  [[nodiscard]] SteadyTime look_again() const override { return reducer_.look_again(); }
  Changes take_changes() override { return reducer_.take_changes(); }
  [[nodiscard]] std::uint64_t keys_forgotten() const override { return reducer_.keys_forgotten(); }
  [[nodiscard]] std::string trouble() const override { return next_->trouble(); }

 private:
  std::optional<std::string> verdict_on(const StoredEvent& stored, Instant now);
  std::size_t shape_all(std::span<StoredEvent> events, Instant now, std::vector<Shaped>& shaped);

  bool reduces_;
  Reducer reducer_;
  std::unique_ptr<Shaper> next_;
  std::size_t chunk_ = limits::kReduceChunkEventsFirst;
  std::vector<StoredEvent> leaving_;  ///< scratch
  struct Verdict {
    Seq seq;
    std::optional<std::string> reason;  ///< why it does not leave
  };
  std::deque<Verdict> judged_;  ///< on events that `next` has not answered: they will be asked for again
};

/// Answers them from the first on, all of them unless `next` answers none. Returns how many `next` would have answered
/// in one call: when that is not all of them, this took long.
std::size_t ReducingShaper::shape_all(std::span<StoredEvent> events, Instant now, std::vector<Shaped>& shaped) {
  const std::size_t first = shaped.size();
  std::vector<std::size_t> from;  // where in `events` each that leaves stands
  leaving_.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    Shaped& made = shaped.emplace_back();
    if (auto reason = verdict_on(events[i], now)) {
      made.kind = Shaped::Kind::filtered;
      made.reason = *std::move(reason);
    } else {
      from.push_back(i);
      leaving_.push_back(std::move(events[i]));
    }
  }
  std::size_t done = 0;
  std::size_t at_once = events.size();
  while (done < leaving_.size()) {
    if (done > 0) at_once = std::min(at_once, from[done]);
    const std::size_t before = done;
    for (Shaped& answer : next_->shape(std::span(leaving_).subspan(done), now)) {
      StoredEvent& event = events[from[done]];
      event = std::move(leaving_[done]);
      shaped[first + from[done]] = std::move(answer);
      ++done;
    }
    if (done == before) break;
  }
  if (done == leaving_.size()) return at_once;
  const std::size_t unanswered = from[done];
  for (std::size_t left = done; left < leaving_.size(); ++left) events[from[left]] = std::move(leaving_[left]);
  // Before those that were judged earlier and not asked for this time.
  for (std::size_t i = events.size(); i-- > unanswered;) {
    Shaped& made = shaped[first + i];
    const bool stays = made.kind == Shaped::Kind::filtered;
    judged_.push_front({events[i].seq, stays ? std::optional(std::move(made.reason)) : std::nullopt});
  }
  shaped.resize(first + unanswered);
  return unanswered;
}

/// Why the event does not leave. Each is judged once, however often it is asked for.
std::optional<std::string> ReducingShaper::verdict_on(const StoredEvent& stored, Instant now) {
  while (!judged_.empty() && judged_.front().seq < stored.seq) judged_.pop_front();
  if (!judged_.empty() && judged_.front().seq == stored.seq) {
    std::optional<std::string> reason = std::move(judged_.front().reason);
    judged_.pop_front();
    return reason;
  }
  if (const auto reason = reducer_.judge(stored, stored.event.time, now)) return std::string(*reason);
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Shaper> make_reducing_shaper(const ReducerSetup& setup, std::unique_ptr<Shaper> next) {
  return std::make_unique<ReducingShaper>(setup, std::move(next));
}

}  // namespace tidegate
