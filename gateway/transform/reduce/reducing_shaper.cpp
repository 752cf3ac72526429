#include "gateway/transform/reduce/reducing_shaper.h"

#include <algorithm>
#include <optional>
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

 private:
  std::size_t shape_all(std::span<StoredEvent> events, Instant now, std::vector<Shaped>& shaped);

  bool reduces_;
  Reducer reducer_;
  std::unique_ptr<Shaper> next_;
  std::size_t chunk_ = limits::kReduceChunkEventsFirst;
  std::vector<StoredEvent> leaving_;  ///< scratch
};

/// Answers all of them, since what was judged once must not be judged again. Returns how many `next` would have
/// answered in one call: when that is not all of them, this took long.
std::size_t ReducingShaper::shape_all(std::span<StoredEvent> events, Instant now, std::vector<Shaped>& shaped) {
  const std::size_t first = shaped.size();
  std::vector<std::size_t> from;  // where in `events` each that leaves stands
  leaving_.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    Shaped& made = shaped.emplace_back();
    if (const auto reason = reducer_.judge(events[i], events[i].event.time, now)) {
      made.kind = Shaped::Kind::filtered;
      made.reason = *reason;
    } else {
      from.push_back(i);
      leaving_.push_back(std::move(events[i]));
    }
  }
  std::size_t done = 0;
  std::size_t at_once = events.size();
  while (done < leaving_.size()) {
    if (done > 0) at_once = std::min(at_once, from[done]);
    for (Shaped& answer : next_->shape(std::span(leaving_).subspan(done), now)) {
      StoredEvent& event = events[from[done]];
      event = std::move(leaving_[done]);
      shaped[first + from[done]] = std::move(answer);
      ++done;
    }
  }
  return at_once;
}

}  // namespace

std::unique_ptr<Shaper> make_reducing_shaper(const ReducerSetup& setup, std::unique_ptr<Shaper> next) {
  return std::make_unique<ReducingShaper>(setup, std::move(next));
}

}  // namespace tidegate
