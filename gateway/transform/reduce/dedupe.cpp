#include "gateway/transform/reduce/digest.h"
#include "gateway/transform/reduce/keyed_reduction.h"

namespace tidegate {

namespace {

struct Seen {
  WallTime time{};

  void write(std::string& out) const { reduce_rows::put_time(out, time); }
  void read(ByteReader& reader) { time = reduce_rows::take_time(reader); }
};

class Dedupe final : public KeyedReduction<Seen> {
 public:
  Dedupe(const DedupeOptions& options, const std::string& tag, FieldReader& reader)
      : KeyedReduction(options, tag, reader), within_(options.within), fields_(options.fields, reader) {}

  [[nodiscard]] std::string_view reason() const noexcept override { return "dedupe"; }

  bool lets_leave(const Reading& reading) override {
    text_.clear();
    has_fields_ = fields_.append(reading.values, text_);
    if (!has_fields_) return true;
    const Seen* seen = recall(reading);
    return seen == nullptr || is_over(seen->time, reading.time, within_);
  }
  void left(const Reading& reading) override {
    if (has_fields_) remember(reading, {reading.time});
  }

 private:
  void extend_key(std::string& key) const override { key += hex(digest(text_)); }

  milliseconds within_;
  ReduceKey fields_;
  // Of the event asked about last.
  bool has_fields_ = false;
  std::string text_;
};

}  // namespace

std::unique_ptr<Reduction> make_dedupe(const DedupeOptions& options, const std::string& tag, FieldReader& reader) {
  return std::make_unique<Dedupe>(options, tag, reader);
}

}  // namespace tidegate
