#include "tests/unit/app/fake_connectors.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <thread>

#include "gateway/config/option_table.h"

namespace tidegate {

namespace {

struct NoOptions {};

const OptionTable* no_options() {
  static const auto table = OptionTableOf<NoOptions>("Nothing to set.");
  return &table;
}

class FakeSource final : public Source {
 public:
  explicit FakeSource(const ConnectorContext& context) : context_(context) {}
  Status start(Intake& intake) override {
    stage().note("source started");
    boost::asio::post(*context_.net, [this, &intake] {
      if (stage().throws_on_network) throw std::runtime_error("a bug of this source");
      admit(intake, "1");
      SeededRandom random(1);
      for (int i = stage().large_events; i > 0; --i) {
        std::string data(128u << 10, ' ');
        for (char& c : data) c = static_cast<char>(random.next());  // does not compress
        admit(intake, std::move(data));
      }
    });
    return {};
  }
  void pause() override { stage().note("source paused"); }
  void resume() override { stage().note("source resumed"); }
  void stop() noexcept override { stage().note("source stopped"); }

 private:
  void admit(Intake& intake, std::string data) {
    Submission submission;
    submission.events.emplace_back();
    submission.events.back().subject = "a/b";
    submission.events.back().data = std::move(data);
    intake.admit(context_.source_id, std::move(submission), [](Admission admission) {
      if (stage().receipts_hang) stage().note("in a receipt");
      while (stage().receipts_hang) std::this_thread::yield();
      stage().note(admission == Admission::durable ? "acknowledged" : "not acknowledged");
    });
  }

  const ConnectorContext& context_;
};

class FakeSink final : public Sink {
 public:
  [[nodiscard]] SinkLimits limits() const noexcept override { return {}; }
  Status connect(Deadline, std::stop_token) override {
    stage().note("connecting");
    while (stage().sink_hangs) std::this_thread::yield();
    return {};
  }
  void submit(Batch batch) override { taken_.push_back(batch.id); }
  std::vector<Settled> wait(Deadline deadline, std::stop_token stop) override {
    const SystemClock clock;
    while (taken_.empty() && !woken_.exchange(false) && !stop.stop_requested() && clock.steady() < deadline.at)
      std::this_thread::yield();
    std::vector<Settled> out;
    for (const BatchId id : taken_) {
      stage().note("delivered");
      out.push_back({id, {{Fate::delivered, {}}}, Cause::none, std::nullopt});
    }
    taken_.clear();
    return out;
  }
  void wake() noexcept override { woken_ = true; }
  void close() noexcept override { stage().note("sink closed"); }

 private:
  std::vector<BatchId> taken_;
  std::atomic<bool> woken_{false};
};

Result<std::unique_ptr<Source>> make_source(const ConnectorContext& context, const std::any&) {
  if (stage().sources_that_fail.fetch_sub(1) > 0) return Error{ErrorCode::io, "the port is taken"};
  return std::unique_ptr<Source>(new FakeSource(context));
}

Result<std::unique_ptr<Sink>> make_sink(const ConnectorContext&, const std::any&) {
  if (stage().sinks_that_fail.fetch_sub(1) > 0) return Error{ErrorCode::io, "the certificate is missing"};
  return std::unique_ptr<Sink>(new FakeSink);
}

}  // namespace

void Stage::note(std::string what) {
  const MutexLock lock(mutex);
  said.push_back(std::move(what));
}

std::vector<std::string> Stage::notes() const {
  const MutexLock lock(mutex);
  return said;
}

std::size_t Stage::count(const std::string& what) const {
  const auto all = notes();
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), what));
}

Stage& stage() {
  static Stage instance;
  return instance;
}

const std::vector<ConnectorType>& staged_types() {
  static const std::vector<ConnectorType> types = {
      {"fake", "For tests.", no_options, make_source, no_options, make_sink}};
  return types;
}

}  // namespace tidegate
