#include "gateway/transform/reduce/keyed_reduction.h"

namespace tidegate {

namespace {

struct Interval {
  WallTime since{};
  std::uint64_t events = 0;  ///< that left

  void write(std::string& out) const {
    reduce_rows::put_time(out, since);
    put_varint(out, events);
  }
  void read(ByteReader& reader) {
    since = reduce_rows::take_time(reader);
    events = reader.varint();
  }
};

class Throttle final : public KeyedReduction<Interval> {
 public:
  Throttle(const ThrottleOptions& options, const std::string& tag, FieldReader& reader)
      : KeyedReduction(options, tag, reader), events_(options.events), every_(options.every) {}

  [[nodiscard]] std::string_view reason() const noexcept override { return "throttle"; }

  bool lets_leave(const Reading& reading) override {
    const Interval* running = recall(reading);
    const bool begins = running == nullptr || is_over(running->since, reading.time, every_);
    interval_ = begins ? Interval{reading.time, 0} : *running;
    return interval_.events < events_;
  }
  void left(const Reading& reading) override { remember(reading, {interval_.since, interval_.events + 1}); }

 private:
  std::uint64_t events_;
  milliseconds every_;
  Interval interval_;  ///< of the event asked about last
};

}  // namespace

std::unique_ptr<Reduction> make_throttle(const ThrottleOptions& options, const std::string& tag, FieldReader& reader) {
  return std::make_unique<Throttle>(options, tag, reader);
}

}  // namespace tidegate
