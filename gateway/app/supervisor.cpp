#include "gateway/app/supervisor.h"
#include "gateway/event/rfc3339.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>

#include "gateway/admin/limits.h"
#include "gateway/admin/metrics_text.h"
#include "gateway/app/limits.h"
#include "gateway/app/process.h"
#include "gateway/app/version.h"

namespace tidegate {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Before this the program did not exist: a clock that says less was never set. In ms since 1970: 2026-01-01.
constexpr WallTime kPlausible{milliseconds{1'767'225'600'000}};

}  // namespace

Supervisor::Supervisor(const Config& config, const Clock& clock, ServiceNotify notify)
    : config_(config),
      clock_(clock),
      notify_(std::move(notify)),
      started_(clock.steady()),
      health_(clock),
      net_work_(asio::make_work_guard(net_)),
      signals_(net_),
      watchdog_(net_),
      overdue_(net_),
      retry_(control_),
      worker_(limits::kAdminJobsMax),
      admin_(AdminServer::create({config.gateway.admin.listen, net_, *this, worker_, health_})) {}

Supervisor::~Supervisor() {
  net_.stop();
  if (network_.joinable()) network_.join();
}

void Supervisor::handle_signals() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  await_signal();
}

void Supervisor::await_signal() {
  signals_.async_wait([this](error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      log_.info("SIGHUP: a changed config takes effect with a restart");
    } else if (stopping_) {
      log_.warn("second signal: stopping at once; what was in flight is on disk and goes out after the next start");
      std::_Exit(EXIT_FAILURE);
    } else {
      log_.info("{}: stopping, for at most {} ms", signal == SIGINT ? "SIGINT" : "SIGTERM",
                config_.gateway.shutdown_timeout.count());
      stop();
    }
    await_signal();
  });
}

Status Supervisor::run() {
  if (clock_.wall() < kPlausible)
    log_.warn("the clock says {}: it was not set; new events carry that time until it is", format_utc(clock_.wall()));
  start_threads();
  asio::post(control_, [this] { open_pipeline(); });
  const auto work = asio::make_work_guard(control_);
  control_.run();
  shut_down();
  return result_;
}

void Supervisor::start_threads() {
  worker_.start();
  admin_->start();
  asio::post(net_, [this] { watch(); });
  network_ = std::thread([this] { run_network(); });
}

void Supervisor::run_network() {
  pthread_setname_np(pthread_self(), "network");
  for (;;) {
    // A handler that throws is a bug of one connection; the others must not pay for it.
    try {
      net_.run();
      return;
    } catch (const std::exception& bug) {
      log_.error("a handler on the network thread failed: {}", bug.what());
      metrics_.counter("tidegate_network_failures_total", "Exceptions that ended a handler on the network thread.")
          .add();
    }
  }
}

void Supervisor::stop() {
  stopping_ = true;
  asio::post(net_, [this] { exit_when_overdue(); });
  control_.stop();
}

void Supervisor::open_pipeline() {
  auto opened = Pipeline::open({config_, net_, clock_, health_, metrics_});
  if (opened) {
    start_pipeline(*std::move(opened));
  } else if (opened.error().code == ErrorCode::refused || opened.error().code == ErrorCode::invalid) {
    log_.error("{}", opened.error().message);
    result_ = opened.error();
    stop();
    return;
  } else {
    log_.error("cannot open the spool: {}; trying again every {} s", opened.error().message,
               limits::kStartRetry.count());
    health_.post("spool", HealthState::alarm, "cannot be opened: " + opened.error().message);
    retry_.expires_after(limits::kStartRetry);
    retry_.async_wait([this](error_code cancelled) {
      if (!cancelled) open_pipeline();
    });
  }
  // Also when the spool waits for room: the process is well, and a restart by the service manager would not help.
  notify_.ready();
}

void Supervisor::start_pipeline(std::unique_ptr<Pipeline> pipeline) {
  pipeline_ = std::move(pipeline);
  pipeline_->start([this](bool on) { asio::post(control_, [this, on] { pipeline_->set_pressure(on); }); });
  published_ = pipeline_.get();
  start_connectors();
  ready_ = true;
  log_.info("ready");
  release_startup_code();
}

void Supervisor::start_connectors() {
  if (pipeline_->start_connectors()) return;
  retry_.expires_after(limits::kStartRetry);
  retry_.async_wait([this](error_code cancelled) {
    if (!cancelled) start_connectors();
  });
}

void Supervisor::watch() {
  const auto deadline = notify_.watchdog();
  const SteadyTime::duration next = deadline ? *deadline / 2 : SteadyTime::duration(limits::kServiceStatusInterval);
  Pipeline* const pipeline = published_;
  if (!probe_ && pipeline != nullptr) probe_ = std::make_unique<CommitterProbe>(pipeline->spool(), SourceId{});
  // That this runs at all says that the network thread does. While stopping the spool may answer no more.
  if (deadline && (!probe_ || stopping_ || probe_->alive())) notify_.alive();
  if (pipeline != nullptr && !stopping_) pipeline->watch_lanes();
  if (!stopping_) notify_.status(summary());
  watchdog_.expires_after(next);
  watchdog_.async_wait([this](error_code cancelled) {
    if (!cancelled) watch();
  });
}

void Supervisor::shut_down() {
  notify_.stopping();
  ready_ = false;
  retry_.cancel();
  if (pipeline_) pipeline_->stop({clock_.steady() + config_.gateway.shutdown_timeout});
  worker_.stop();
  admin_->stop();
  net_.stop();
  network_.join();
  log_.info("stopped");
}

void Supervisor::exit_when_overdue() {
  overdue_.expires_after(config_.gateway.shutdown_timeout + limits::kShutdownGrace);
  overdue_.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    log_.error("stopping takes too long; ending now. What was acknowledged is on disk");
    std::_Exit(EXIT_FAILURE);
  });
}

std::string Supervisor::summary() const {
  Pipeline* const pipeline = published_;
  if (pipeline == nullptr) return "opening the spool";
  const SpoolSnapshot spool = pipeline->spool().snapshot();
  std::uint64_t pending = 0;
  for (const auto& [lane, books] : spool.lanes) pending += books.pending;
  std::string out = fmt::format("{} events pending", pending);
  for (const auto& [component, entry] : health_.entries()) {
    if (entry.state != HealthState::ok && entry.state != HealthState::starting)
      out += fmt::format("; {} {}", component, name_of(entry.state));
  }
  return out;
}

std::string Supervisor::metrics_text() const {
  return status_metrics_text(status()) + process_metrics_text() + metrics_.render();
}

StatusReport Supervisor::status() const {
  StatusReport out;
  out.version = version();
  out.gateway_id = config_.gateway.id;
  out.data_dir = config_.gateway.data_dir.string();
  out.ready = ready_;
  out.stopping = stopping_;
  out.uptime = std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - started_);
  out.now = clock_.wall();
  for (const SourceConfig& source : config_.sources)
    out.sources.push_back({source.name, std::string(source.type->name)});
  for (const RouteConfig& route : config_.routes) {
    for (const std::string& sink : route.to) {
      StatusReport::LaneRow row{route.name, sink, std::string(config_.sink(sink)->type->name), std::nullopt};
      const auto age = metrics_.gauge_value(kLaneOldestMetric, {{"route", route.name}, {"sink", sink}});
      if (age) row.oldest_pending = std::chrono::seconds(*age);
      out.lanes.push_back(std::move(row));
    }
  }
  if (Pipeline* const pipeline = published_) out.spool = pipeline->spool().snapshot();
  out.health = health_.entries();
  return out;
}

Result<Pipeline*> Supervisor::running() const {
  Pipeline* const pipeline = published_;
  if (pipeline == nullptr) return Error{ErrorCode::unavailable, "the spool is not open yet"};
  return pipeline;
}

Status Supervisor::resume_lane(std::string_view route, std::string_view sink) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->resume_lane(route, sink);
}

Result<std::uint64_t> Supervisor::open_tap(const TapRequest& request) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->taps().open(request);
}

Result<TapBatch> Supervisor::poll_tap(std::uint64_t tap) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->taps().poll(tap);
}

Status Supervisor::close_tap(std::uint64_t tap) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->taps().close(tap);
}

Result<std::uint64_t> Supervisor::begin_replay(ReplayRequest request) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->replays().begin(std::move(request));
}

Result<ReplayReport> Supervisor::replay(std::uint64_t number) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->replays().report(number);
}

Result<std::vector<ReplayReport>> Supervisor::replays() {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->replays().reports();
}

Status Supervisor::cancel_replay(std::uint64_t number) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->replays().cancel(number);
}

Result<std::vector<DeadLetter>> Supervisor::dead_letters(const DeadQuery& query) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->spool().dead_letters(query);
}

Result<std::uint64_t> Supervisor::retry_dead(const std::vector<std::uint64_t>& numbers) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->spool().retry_dead(numbers);
}

Result<std::uint64_t> Supervisor::drop_dead(const std::vector<std::uint64_t>& numbers) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->spool().drop_dead(numbers);
}

Result<std::uint64_t> Supervisor::drop_lane(const std::string& route, const std::string& sink) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->spool().drop_lane(route, sink);
}

Result<std::uint64_t> Supervisor::adopt_lane(const std::string& route, const std::string& sink,
                                             const std::string& to_route, const std::string& to_sink) {
  const auto pipeline = running();
  if (!pipeline) return pipeline.error();
  return (*pipeline)->spool().adopt_lane(route, sink, to_route, to_sink);
}

}  // namespace tidegate
