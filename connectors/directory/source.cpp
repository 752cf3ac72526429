#include <utility>

#include "connectors/directory/directory.h"
#include "connectors/directory/options.h"
#include "connectors/directory/worker.h"

namespace tidegate {
namespace directory {

namespace {

/// The source of type `directory`: the contract around a Worker.
class DirectorySource final : public Source {
 public:
  DirectorySource(const ConnectorContext& context, SourceOptions options) : worker_(context, std::move(options)) {}

  Status start(Intake& intake) override {
    if (life_ == Life::started) return {};
    if (life_ == Life::stopped) return Error{ErrorCode::stopping, "a source that was stopped does not start again"};
    life_ = Life::started;
    worker_.start(intake);
    return {};
  }
  void pause() override { worker_.set_paused(true); }
  void resume() override { worker_.set_paused(false); }
  Status probe(Deadline /*deadline*/) override { return worker_.probe(); }
  void stop() noexcept override {
    if (life_ != Life::started) return;
    life_ = Life::stopped;
    worker_.stop();
  }

 private:
  enum class Life : std::uint8_t { made, started, stopped };
  Worker worker_;
  Life life_ = Life::made;
};

}  // namespace
}  // namespace directory

Result<std::unique_ptr<Source>> make_directory_source(const ConnectorContext& context, const std::any& options) {
  const auto* typed = std::any_cast<directory::SourceOptions>(&options);
  if (typed == nullptr) return Error{ErrorCode::invalid, "options of another type than directory"};
  return std::unique_ptr<Source>(std::make_unique<directory::DirectorySource>(context, *typed));
}

SourceScope directory_source_scope(const std::any& options, const std::string& name) {
  const auto& source = std::any_cast<const directory::SourceOptions&>(options);
  SourceScope scope;
  scope.topics.push_back(source.topic.empty() ? directory::default_topic(name) : source.topic.filter());
  // Rows become JSON; a whole file stays what its program says it is.
  scope.json = source.format != directory::Format::whole_file || source.content_type.empty() ||
               source.content_type.find("json") != std::string::npos;
  return scope;
}

}  // namespace tidegate
