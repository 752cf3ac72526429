#include "gateway/transform/timed_shaper.h"

#include <algorithm>
#include <utility>

#include "gateway/transform/limits.h"

namespace tidegate {

namespace {

class TimedShaper final : public Shaper {
 public:
  TimedShaper(EventTimeOptions options, TopicFilter topic, SourceId windows, std::unique_ptr<Shaper> next)
      : clock_(std::move(options)), topic_(std::move(topic)), windows_(windows), next_(std::move(next)) {}

  void restore(const std::vector<std::pair<std::string, std::string>>& rows) override { next_->restore(rows); }

  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant now) override {
    return in_chunks(events, [&] { return next_->shape(timed_, now); });
  }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant now) override {
    return in_chunks(events, [&] { return next_->reshape(timed_, now); });
  }

  void tick(Instant now, bool at_end) override { next_->tick(now, at_end); }
  [[nodiscard]] SteadyTime look_again() const override { return next_->look_again(); }
  Changes take_changes() override { return next_->take_changes(); }
  [[nodiscard]] std::uint64_t keys_forgotten() const override { return next_->keys_forgotten(); }
  [[nodiscard]] std::string trouble() const override { return next_->trouble(); }

 private:
  /// Copies no more events than there is an answer for at once.
  template <class Next>
  std::vector<Shaped> in_chunks(std::span<const StoredEvent> events, Next next) {
    std::vector<Shaped> all;
    all.reserve(events.size());
    while (!events.empty()) {
      const auto some = events.first(std::min(events.size(), limits::kTimedChunkEvents));
      const std::vector<std::string> faults = set_times(some);
      if (!append_answers(faults, timed_.empty() ? std::vector<Shaped>() : next(), all)) break;
      events = events.subspan(some.size());
    }
    return all;
  }

  /// Fills timed_ with copies of the events that have a time; for each event why it has none, or nothing.
  std::vector<std::string> set_times(std::span<const StoredEvent> events) {
    std::vector<std::string> faults(events.size());
    timed_.clear();
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Event& event = events[i].event;
      EventTiming timing{event.time, {}, {}};
      const bool is_window = events[i].source.value != 0 && events[i].source == windows_;
      if (!is_window) timing = clock_.of(event, captures_of(topic_, event.subject));
      faults[i] = std::move(timing.fault);
      if (!faults[i].empty()) continue;
      StoredEvent& copy = timed_.emplace_back(events[i]);
      copy.event.time = timing.time;
      if (timing.device_clock.empty()) continue;
      std::erase_if(copy.event.attributes, [](const auto& attribute) { return attribute.first == kDeviceClock; });
      copy.event.attributes.emplace_back(kDeviceClock, std::move(timing.device_clock));
    }
    return faults;
  }

  /// The answers to timed_ as answers to all events. False: from some event on there is none.
  static bool append_answers(const std::vector<std::string>& faults, std::vector<Shaped> answers,
                             std::vector<Shaped>& all) {
    auto answer = answers.begin();
    for (const std::string& fault : faults) {
      if (!fault.empty()) {
        all.push_back({Shaped::Kind::failed, {}, false, fault});
      } else if (answer == answers.end()) {
        return false;
      } else {
        all.push_back(std::move(*answer++));
        all.back().changed = all.back().kind == Shaped::Kind::pass;
      }
    }
    return true;
  }

  EventTime clock_;
  TopicFilter topic_;
  SourceId windows_;
  std::unique_ptr<Shaper> next_;
  std::vector<StoredEvent> timed_;  ///< scratch
};

}  // namespace

std::unique_ptr<Shaper> make_timed_shaper(EventTimeOptions options, TopicFilter topic, SourceId windows,
                                          std::unique_ptr<Shaper> next) {
  return std::make_unique<TimedShaper>(std::move(options), std::move(topic), windows, std::move(next));
}

}  // namespace tidegate
