#include "gateway/trial/trial_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "gateway/base/random.h"
#include "gateway/base/uuid.h"
#include "gateway/config/scalars.h"
#include "gateway/trial/limits.h"
#include "gateway/trial/sink_desk.h"
#include "gateway/trial/trial_lane.h"
#include "gateway/trial/trial_routes.h"

namespace tidegate {

namespace {

/// Anywhere but at the edges of its type, where differences overflow.
constexpr SteadyTime kBegin{std::chrono::hours{24}};
constexpr std::uint64_t kSeed = 1;

/// Something that the case plans for a time.
struct Planned {
  milliseconds at;
  std::size_t given = 0;  ///< index
  std::uint64_t turn = 0;
};
struct Moment {
  milliseconds at;
  const ExpectedLane* lane = nullptr;
  const Expectation* expected = nullptr;
};

class TrialRun {
 public:
  TrialRun(const Config& config, const TestCase& test)
      : config_(config), test_(test), routes_(config), random_(kSeed), ids_(random_) {
    result_.name = test.name;
    result_.position = test.position;
  }

  CaseResult run() {
    if (const Status made = make_lanes(); !made) {
      result_.trouble = made.error().message;
      return std::move(result_);
    }
    plan();
    live();
    result_.lived = now_;
    if (result_.trouble.empty()) {
      for (const ExpectedLane& lane : test_.expect) judge(lane, lane.in_the_end, "");
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] Instant instant() const { return {kBegin + now_, test_.starts + now_}; }

  Status make_lanes() {
    static const std::vector<ScriptStep> takes_all;
    SinkDesk desk(config_);
    by_route_.resize(config_.routes.size());
    matched_.resize(config_.routes.size());
    for (std::size_t i = 0; i < config_.routes.size(); ++i) {
      const RouteConfig& route = config_.routes[i];
      for (const std::string& name : route.to) {
        const SinkConfig& sink = *config_.sink(name);
        const auto limits = desk.limits(route, sink);
        if (!limits) return limits.error().in("sink " + name);
        const LaneId id{static_cast<std::uint32_t>(lanes_.size() + 1)};
        auto shaper = desk.shaper(route, sink, id);
        if (!shaper) return shaper.error().in("route " + route.name);
        const auto script = test_.sinks.find(name);
        by_route_[i].push_back(lanes_.size());
        lanes_.emplace_back(TrialLaneSetup{id, route, sink, *limits, *std::move(shaper),
                                           script == test_.sinks.end() ? takes_all : script->second, random_.next(),
                                           [this] { return next_seq(); }},
                            instant());
      }
    }
    return {};
  }

  Seq next_seq() { return Seq{++last_seq_}; }

  void plan() {
    for (std::size_t i = 0; i < test_.given.size(); ++i) {
      const GivenEvent& given = test_.given[i];
      for (std::uint64_t turn = 0; turn < given.repeat; ++turn) {
        planned_.push_back({given.at + given.every * static_cast<milliseconds::rep>(turn), i, turn});
      }
    }
    std::ranges::stable_sort(planned_, {}, &Planned::at);
    for (const ExpectedLane& lane : test_.expect) {
      for (const auto& [at, expected] : lane.moments) moments_.push_back({at, &lane, &expected});
    }
    std::ranges::stable_sort(moments_, {}, &Moment::at);
    end_ = test_.run_for.value_or(last_planned() + limits::kCaseSettlesWithin);
    if (!moments_.empty() && moments_.back().at > end_) {
      result_.trouble = fmt::format("it expects something at {}, but runs for {} only",
                                    write_duration(moments_.back().at), write_duration(end_));
    }
  }

  /// When the last thing happens that the case itself plans.
  [[nodiscard]] milliseconds last_planned() const {
    milliseconds last{0};
    if (!planned_.empty()) last = planned_.back().at;
    if (!moments_.empty()) last = std::max(last, moments_.back().at);
    for (const auto& [sink, script] : test_.sinks) {
      milliseconds lasts{0};
      for (const ScriptStep& step : script) lasts += step.lasts.value_or(milliseconds{0});
      last = std::max(last, lasts);
    }
    return last;
  }

  void live() {
    std::uint64_t steps = 0;
    while (result_.trouble.empty()) {
      for (; next_planned_ < planned_.size() && planned_[next_planned_].at <= now_; ++next_planned_) {
        bring(planned_[next_planned_]);
      }
      std::uint64_t requests = 0;
      for (TrialLane& lane : lanes_) {
        lane.step(instant());
        requests += lane.requests();
      }
      for (; next_moment_ < moments_.size() && moments_[next_moment_].at <= now_; ++next_moment_) {
        const Moment& moment = moments_[next_moment_];
        judge(*moment.lane, *moment.expected, " at " + write_duration(moment.at));
      }
      const auto next = next_time();
      if (!next || *next > end_) break;
      now_ = std::max(*next, now_ + milliseconds{1});
      if (requests > limits::kCaseRequestsMax || ++steps > limits::kCaseStepsMax) {
        result_.trouble =
            fmt::format("after {} of virtual time it is still busy: {} requests", write_duration(now_), requests);
      }
    }
    if (test_.run_for && now_ < end_) now_ = end_;
  }

  /// When something happens next; nullopt: never.
  std::optional<milliseconds> next_time() {
    std::optional<milliseconds> next;
    const auto at = [&](milliseconds time) { next = next ? std::min(*next, time) : time; };
    if (next_planned_ < planned_.size()) at(planned_[next_planned_].at);
    if (next_moment_ < moments_.size()) at(moments_[next_moment_].at);
    for (const TrialLane& lane : lanes_) {
      const SteadyTime lane_next = lane.next(instant());
      if (lane_next < kBegin + limits::kCaseRunMax * 2) at(std::chrono::ceil<milliseconds>(lane_next - kBegin));
    }
    return next;
  }

  void bring(const Planned& planned) {
    const GivenEvent& given = test_.given[planned.given];
    const auto source = given.source.empty() ? std::optional<std::size_t>(0) : routes_.source(given.source);
    StoredEvent stored{next_seq(), given.event};
    if (!given.series.empty()) stored.event.data = given.series[planned.turn % given.series.size()];
    if (stored.event.id.empty()) stored.event.id = ids_.mint(instant().wall);
    routes_.complete(stored.event, source, instant().wall);
    for (const std::size_t route : routes_.match(source, stored.event)) {
      auto& numbers = matched_[route];
      const std::uint64_t number = planned.given + 1;
      if (std::ranges::find(numbers, number) == numbers.end()) {
        numbers.insert(std::ranges::upper_bound(numbers, number), number);
      }
      for (const std::size_t lane : by_route_[route]) lanes_[lane].append(stored);
    }
  }

  void judge(const ExpectedLane& expected_lane, const Expectation& expected, const std::string& when) {
    for (std::size_t route = 0; route < config_.routes.size(); ++route) {
      if (config_.routes[route].name != expected_lane.route) continue;
      for (const std::size_t index : by_route_[route]) {
        const TrialLane& lane = lanes_[index];
        if (!expected_lane.sink.empty() && lane.sink().name != expected_lane.sink) continue;
        auto found =
            compare(expected, lane.outcome(), matched_[route], lane.route().name + "/" + lane.sink().name, when);
        std::ranges::move(found, std::back_inserter(result_.findings));
      }
    }
  }

  const Config& config_;
  const TestCase& test_;
  TrialRoutes routes_;
  SeededRandom random_;
  UuidV7 ids_;
  std::deque<TrialLane> lanes_;
  std::vector<std::vector<std::size_t>> by_route_;   ///< lanes of each route
  std::vector<std::vector<std::uint64_t>> matched_;  ///< by route
  std::vector<Planned> planned_;
  std::vector<Moment> moments_;
  std::size_t next_planned_ = 0;
  std::size_t next_moment_ = 0;
  milliseconds now_{0};
  milliseconds end_{0};
  std::uint64_t last_seq_ = 0;
  CaseResult result_;
};

}  // namespace

CaseResult run_case(const Config& config, const TestCase& test) { return TrialRun(config, test).run(); }

}  // namespace tidegate
