#include <utility>

#include "connectors/aws_sqs/aws_sqs.h"
#include "connectors/aws_sqs/poller.h"
#include "connectors/aws_sqs/source_options.h"

namespace tidegate {
namespace aws_sqs {
namespace {

/// The source of type `aws_sqs`: the contract around a Poller.
class SqsSource final : public Source {
 public:
  explicit SqsSource(std::unique_ptr<Poller> poller) : poller_(std::move(poller)) {}

  Status start(Intake& intake) override {
    if (life_ == Life::started) return {};
    if (life_ == Life::stopped) return Error{ErrorCode::stopping, "a source that was stopped does not start again"};
    life_ = Life::started;
    poller_->start(intake);
    return {};
  }
  void pause() override { poller_->set_paused(true); }
  void resume() override { poller_->set_paused(false); }
  Status probe(Deadline deadline) override { return poller_->probe(deadline); }
  void stop() noexcept override {
    if (life_ != Life::started) return;
    life_ = Life::stopped;
    poller_->stop();
  }

 private:
  enum class Life : std::uint8_t { made, started, stopped };
  const std::unique_ptr<Poller> poller_;
  Life life_ = Life::made;
};

}  // namespace
}  // namespace aws_sqs

const OptionTable* aws_sqs_source_options() { return &aws_sqs::source_table(); }

Result<std::unique_ptr<Source>> make_aws_sqs_source(const ConnectorContext& context, const std::any& options) {
  auto poller = aws_sqs::Poller::create(context, std::any_cast<const aws_sqs::SourceOptions&>(options));
  if (!poller) return std::move(poller).error();
  return std::unique_ptr<Source>(std::make_unique<aws_sqs::SqsSource>(*std::move(poller)));
}

SourceScope aws_sqs_source_scope(const std::any& any_options, const std::string& name) {
  const auto& options = std::any_cast<const aws_sqs::SourceOptions&>(any_options);
  SourceScope scope;
  // A CloudEvent has a subject of its own.
  if (options.format != aws_sqs::BodyFormat::raw) return scope;
  scope.topics.push_back(
      aws_sqs::filter_of(options.topic.empty() ? aws_sqs::default_topic(options, name) : options.topic));
  return scope;
}

}  // namespace tidegate
