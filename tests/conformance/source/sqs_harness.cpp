#include <fmt/format.h>

#include "connectors/aws_sqs/aws_sqs.h"
#include "gateway/base/limits.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/source/source_harness.h"
#include "tests/support/aws/fake_sqs.h"

namespace tidegate::test {

namespace {

using namespace std::chrono_literals;

/// The peer is a FIFO queue whose redrive policy gives a message two chances. Deleting is the acknowledgement; what can
/// be no event is refused by leaving it there.
class SqsHarness final : public SourceHarness {
 public:
  SqsHarness() { sqs_.redrive_after(2); }

  std::unique_ptr<Source> make(const ConnectorContext& context) override {
    health_ = context.health;
    component_ = "source " + context.name;
    const auto options =
        parse_text(*aws_sqs_source_options(),
                   fmt::format("queue_url: {}\nregion: eu-central-1\nendpoint: {}\nvisibility_timeout: 30s\n"
                               "credentials: {{access_key_id: AKIDEXAMPLE, secret_access_key: secret}}",
                               sqs_.queue_url(), sqs_.url()));
    auto source = make_aws_sqs_source(context, *options);
    return std::move(*source);
  }
  bool ready() override { return is_ok(*health_, component_); }
  void offer(const std::string& payload) override {
    has_poison_ = has_poison_ || payload.size() > limits::kEventDataBytesMax;
    sqs_.put(payload);
  }
  std::size_t acknowledged() override {
    // Nobody waits for half a minute here: the time of the queue passes while it is looked at.
    if (has_poison_ && sqs_.dead() == 0) sqs_.pass(30s);
    return sqs_.deleted().size() + sqs_.dead();
  }
  void interrupt() override { sqs_.interrupt(); }
  void turn_away(bool away) override {
    sqs_.answer_all(away ? std::optional(testing::sqs_error(503, "ServiceUnavailable")) : std::nullopt);
  }
  void fall_silent() override {
    testing::Answer hang;
    hang.action = testing::Answer::Action::hang;
    sqs_.answer_all(hang);
  }

 private:
  testing::FakeSqs sqs_{true};
  Health* health_ = nullptr;
  std::string component_;
  bool has_poison_ = false;
};

}  // namespace

std::unique_ptr<SourceHarness> make_sqs_source_harness() { return std::make_unique<SqsHarness>(); }

}  // namespace tidegate::test
