#include "gateway/transform/reduce/digest.h"
#include "gateway/transform/reduce/keyed_reduction.h"

namespace tidegate {

namespace {

struct Reported {
  WallTime time{};
  Digest values;

  void write(std::string& out) const {
    reduce_rows::put_time(out, time);
    put_varint(out, values.high);
    put_varint(out, values.low);
  }
  void read(ByteReader& reader) {
    time = reduce_rows::take_time(reader);
    values.high = reader.varint();
    values.low = reader.varint();
  }
};

class Changed final : public KeyedReduction<Reported> {
 public:
  Changed(const ChangedOptions& options, const std::string& tag, FieldReader& reader)
      : KeyedReduction(options, tag, reader), heartbeat_(options.heartbeat), fields_(options.fields, reader) {}

  [[nodiscard]] std::string_view reason() const noexcept override { return "unchanged"; }

  bool lets_leave(const Reading& reading) override {
    text_.clear();
    has_fields_ = fields_.append(reading.values, text_);
    if (!has_fields_) return true;
    values_ = digest(text_);
    const Reported* reported = recall(reading);
    if (reported == nullptr || reported->values != values_) return true;
    return heartbeat_.count() > 0 && is_over(reported->time, reading.time, heartbeat_);
  }
  void left(const Reading& reading) override {
    if (has_fields_) remember(reading, {reading.time, values_});
  }

 private:
  milliseconds heartbeat_;
  ReduceKey fields_;
  // Of the event asked about last.
  bool has_fields_ = false;
  std::string text_;
  Digest values_;
};

}  // namespace

std::unique_ptr<Reduction> make_changed(const ChangedOptions& options, const std::string& tag, FieldReader& reader) {
  return std::make_unique<Changed>(options, tag, reader);
}

}  // namespace tidegate
