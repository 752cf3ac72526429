#include "gateway/delivery/shaper.h"

#include <algorithm>
#include <utility>

namespace tidegate {

namespace {

class CaptureShaper final : public Shaper {
 public:
  explicit CaptureShaper(TopicFilter filter)
      : filter_(std::move(filter)),
        captures_(std::any_of(filter_.levels().begin(), filter_.levels().end(),
                              [](const auto& level) { return level.kind == TopicFilter::Level::Kind::capture; })) {}

  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant /*now*/) override { return pass(events); }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant /*now*/) override { return pass(events); }

 private:
  std::vector<Shaped> pass(std::span<StoredEvent> events) const {
    std::vector<Shaped> shaped(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      OutEvent& out = shaped[i].outs.emplace_back();
      if (captures_) out.captures = captures_of(filter_, events[i].event.subject);
      out.event = std::move(events[i].event);
    }
    return shaped;
  }

  TopicFilter filter_;
  bool captures_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> captures_of(const TopicFilter& filter, std::string_view topic) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : filter.captures(topic)) out.emplace_back(name, value);
  return out;
}

std::unique_ptr<Shaper> make_capture_shaper(TopicFilter filter) {
  return std::make_unique<CaptureShaper>(std::move(filter));
}

}  // namespace tidegate
