#include "gateway/transform/reduce/digest.h"
#include "gateway/transform/reduce/reduce_key.h"
#include "gateway/transform/reduce/reduction.h"

namespace tidegate {

namespace {

/// Remembers nothing: the same key has the same fate at any time, on any gateway.
class Sample final : public Reduction {
 public:
  Sample(const SampleOptions& options, FieldReader& reader) : one_in_(options.one_in), key_of_(options.key, reader) {}

  [[nodiscard]] std::string_view reason() const noexcept override { return "sample"; }
  bool lets_leave(const Reading& reading) override {
    key_.clear();
    key_of_.append(reading.values, key_);
    return digest(key_).low % one_in_ == 0;
  }

 private:
  std::uint64_t one_in_;
  ReduceKey key_of_;
  std::string key_;
};

}  // namespace

std::unique_ptr<Reduction> make_sample(const SampleOptions& options, FieldReader& reader) {
  return std::make_unique<Sample>(options, reader);
}

}  // namespace tidegate
