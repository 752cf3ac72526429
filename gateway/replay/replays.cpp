#include "gateway/replay/replays.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/replay/limits.h"

namespace tidegate {

namespace {

std::uint64_t number_in(std::string_view text) {
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

Replays::Replays(ReplaysSetup setup) : setup_(std::move(setup)) {}

Replays::~Replays() { stop(); }

void Replays::start() {
  std::vector<std::pair<std::uint64_t, Error>> lost;
  {
    const MutexLock lock(mutex_);
    for (const auto& [key, value] : setup_.spool.source_state(setup_.internal.replay, std::string(kReplayLastKey))) {
      last_ = std::max(last_, number_in(value));
    }
    for (const auto& [key, value] : setup_.spool.source_state(setup_.internal.replay, std::string(kReplayKeyPrefix))) {
      const std::uint64_t number = number_in(std::string_view(key).substr(kReplayKeyPrefix.size()));
      last_ = std::max(last_, number);
      auto job = ReplayJob::resume(
          number, value, [this](const std::string& name) { return route(name); }, setup_.spool, setup_.internal);
      if (job) {
        log_.info("replay {} of route {} goes on", number, job->report().request.route);
        publish(job->report());
        begun_.push_back(*std::move(job));
      } else {
        lost.emplace_back(number, job.error());
      }
    }
  }
  for (const auto& [number, why] : lost) {
    log_.error("replay {} cannot go on, and is given up: {}", number, why.message);
    forget(number);
  }
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "replay");
    run();
  });
}

void Replays::stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
  }
  {
    const MutexLock lock(answer_->mutex);
    answer_->given_up = true;
    answer_->came.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

const ReplayRoute* Replays::route(const std::string& name) const {
  const auto found = std::ranges::find(setup_.routes, name, &ReplayRoute::name);
  return found == setup_.routes.end() ? nullptr : &*found;
}

Result<std::uint64_t> Replays::begin(ReplayRequest request) {
  const ReplayRoute* const wanted = route(request.route);
  if (wanted == nullptr) {
    std::string known;
    for (const ReplayRoute& each : setup_.routes) known += (known.empty() ? "" : ", ") + each.name;
    return Error{ErrorCode::not_found, fmt::format("there is no route {}; there are: {}", request.route, known)};
  }
  const MutexLock lock(mutex_);
  if (stopped_) return Error{ErrorCode::stopping, "the gateway is stopping"};
  const auto unfinished = std::ranges::count_if(reports_, [](const auto& entry) { return !entry.second.finished(); });
  if (static_cast<std::size_t>(unfinished) >= limits::kReplaysMax)
    return Error{ErrorCode::full, fmt::format("{} replays are under way, which is the most there can be", unfinished)};
  auto job =
      ReplayJob::begin(last_ + 1, std::move(request), *wanted, setup_.spool, setup_.internal, setup_.clock.wall());
  if (!job) return std::move(job).error();
  ++last_;
  publish(job->report());
  begun_.push_back(*std::move(job));
  wake_.notify_all();
  return last_;
}

Error Replays::no_replay(std::uint64_t number) const {
  return {ErrorCode::not_found,
          fmt::format("there is no replay {}; those that are finished are forgotten with a restart", number)};
}

Result<ReplayReport> Replays::report(std::uint64_t number) const {
  const MutexLock lock(mutex_);
  const auto found = reports_.find(number);
  if (found == reports_.end()) return no_replay(number);
  return found->second;
}

std::vector<ReplayReport> Replays::reports() const {
  const MutexLock lock(mutex_);
  std::vector<ReplayReport> out;
  for (const auto& [number, report] : reports_) out.push_back(report);
  return out;
}

Status Replays::cancel(std::uint64_t number) {
  const MutexLock lock(mutex_);
  const auto found = reports_.find(number);
  if (found == reports_.end()) return no_replay(number);
  ReplayReport& report = found->second;
  if (report.finished())
    return Error{ErrorCode::refused, fmt::format("replay {} is finished: {}", number, name_of(report.state))};
  report.state = ReplayReport::State::cancelled;
  // Under the lock, so that no copies are queued behind it.
  forget(number);
  wake_.notify_all();
  return {};
}

void Replays::forget(std::uint64_t number) {
  SpoolSubmission submission{setup_.internal.replay, {}, {}, 0};
  submission.state.push_back({ReplayJob::key_of(number), {}, true});
  setup_.spool.append(std::move(submission), [](Admission) {});
}

void Replays::run() {
  for (;;) {
    SteadyTime next = SteadyTime::max();
    {
      const MutexLock lock(mutex_);
      for (ReplayJob& job : begun_) jobs_.emplace(job.report().number, std::move(job));
      begun_.clear();
      if (stopped_) return;
    }
    for (auto job = jobs_.begin(); job != jobs_.end();) {
      const SteadyTime again = step(job->second);
      next = std::min(next, again);
      job = again == SteadyTime::max() ? jobs_.erase(job) : std::next(job);
    }
    MutexLock lock(mutex_);
    if (stopped_) return;
    const SteadyTime now = setup_.clock.steady();
    if (next <= now || !begun_.empty()) continue;
    // What to do is judged by the clock; the wait itself, which decides nothing, is by the machine's.
    if (next == SteadyTime::max()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, std::chrono::steady_clock::now() + (next - now));
    }
  }
}

SteadyTime Replays::step(ReplayJob& job) {
  if (is_cancelled(job)) return SteadyTime::max();
  ReplayJob::Next next = job.next(setup_.clock.steady(), setup_.clock.wall());
  if (next.submission) {
    if (!submit(job, *std::move(next.submission))) return SteadyTime::max();
    const std::optional<Admission> admission = wait_for_answer(job.report().number);
    if (!admission || *admission == Admission::stopping) return SteadyTime::max();
    job.settled(*admission, setup_.clock.steady());
  }
  const MutexLock lock(mutex_);
  if (is_cancelled_now(job)) return SteadyTime::max();
  publish(job.report());
  if (!job.report().finished()) return next.not_before;
  if (job.report().state == ReplayReport::State::failed) forget(job.report().number);
  log_end(job.report());
  return SteadyTime::max();
}

bool Replays::is_cancelled(const ReplayJob& job) {
  const MutexLock lock(mutex_);
  return is_cancelled_now(job);
}

bool Replays::is_cancelled_now(const ReplayJob& job) {
  const auto shown = reports_.find(job.report().number);
  if (shown == reports_.end()) return true;
  if (shown->second.state != ReplayReport::State::cancelled) return false;
  // With what the last commit brought.
  shown->second = job.report();
  shown->second.state = ReplayReport::State::cancelled;
  shown->second.detail.clear();
  log_end(shown->second);
  return true;
}

bool Replays::submit(const ReplayJob& job, SpoolSubmission submission) {
  {
    const MutexLock lock(answer_->mutex);
    if (answer_->given_up) return false;
    answer_->admission.reset();
  }
  const MutexLock lock(mutex_);
  const auto shown = reports_.find(job.report().number);
  if (shown == reports_.end() || shown->second.finished()) return false;
  setup_.spool.append(std::move(submission), [answer = answer_](Admission admission) {
    const MutexLock inner(answer->mutex);
    answer->admission = admission;
    answer->came.notify_all();
  });
  return true;
}

std::optional<Admission> Replays::wait_for_answer(std::uint64_t number) {
  for (;;) {
    {
      MutexLock lock(answer_->mutex);
      const auto look_up_at = std::chrono::steady_clock::now() + limits::kReplayRetry;
      while (!answer_->admission && !answer_->given_up && std::chrono::steady_clock::now() < look_up_at)
        answer_->came.wait_until(lock, look_up_at);
      if (answer_->admission || answer_->given_up) return answer_->admission;
    }
    show_what_holds_it_up(number);
  }
}

void Replays::show_what_holds_it_up(std::uint64_t number) {
  const SpoolSnapshot now = setup_.spool.snapshot();
  const MutexLock lock(mutex_);
  const auto shown = reports_.find(number);
  if (shown == reports_.end() || shown->second.finished()) return;
  shown->second.state = ReplayReport::State::waiting;
  shown->second.detail = now.trouble.empty() ? kWaitsForRoom : now.trouble;
}

void Replays::publish(const ReplayReport& report) {
  reports_.insert_or_assign(report.number, report);
  std::size_t finished = 0;
  for (const auto& [number, each] : reports_) finished += each.finished() ? 1 : 0;
  for (auto each = reports_.begin(); finished > limits::kReplayReportsKept && each != reports_.end();) {
    if (!each->second.finished()) {
      ++each;
      continue;
    }
    each = reports_.erase(each);
    --finished;
  }
}

void Replays::log_end(const ReplayReport& report) const {
  if (report.request.dry_run) return;
  log_.info("replay {} of route {}: {}, {} events sent again", report.number, report.request.route,
            name_of(report.state), report.copied);
}

}  // namespace tidegate
