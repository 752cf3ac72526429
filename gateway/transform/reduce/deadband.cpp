#include <cmath>

#include "gateway/transform/reduce/keyed_reduction.h"

namespace tidegate {

namespace {

struct Reported {
  WallTime time{};
  double number = 0;

  void write(std::string& out) const {
    reduce_rows::put_time(out, time);
    reduce_rows::put_number(out, number);
  }
  void read(ByteReader& reader) {
    time = reduce_rows::take_time(reader);
    number = reduce_rows::take_number(reader);
  }
};

class Deadband final : public KeyedReduction<Reported> {
 public:
  Deadband(const DeadbandOptions& options, const std::string& tag, FieldReader& reader)
      : KeyedReduction(options, tag, reader), options_(options), field_(reader.want(options.field.front())) {}

  [[nodiscard]] std::string_view reason() const noexcept override { return "deadband"; }

  bool lets_leave(const Reading& reading) override {
    number_ = reading.values[field_].number;
    if (!number_) return true;
    const Reported* reported = recall(reading);
    if (reported == nullptr) return true;
    if (options_.heartbeat.count() > 0 && is_over(reported->time, reading.time, options_.heartbeat)) return true;
    const double band =
        options_.absolute ? *options_.absolute : std::abs(reported->number) * options_.percent.value_or(0) / 100;
    return std::abs(*number_ - reported->number) > band;
  }
  void left(const Reading& reading) override {
    if (number_) remember(reading, {reading.time, *number_});
  }

 private:
  DeadbandOptions options_;
  std::size_t field_;
  std::optional<double> number_;  ///< of the event asked about last
};

}  // namespace

std::unique_ptr<Reduction> make_deadband(const DeadbandOptions& options, const std::string& tag, FieldReader& reader) {
  return std::make_unique<Deadband>(options, tag, reader);
}

}  // namespace tidegate
