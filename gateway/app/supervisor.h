#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/admin/backend.h"
#include "gateway/admin/server.h"
#include "gateway/admin/worker.h"
#include "gateway/app/committer_probe.h"
#include "gateway/app/pipeline.h"
#include "gateway/app/service_notify.h"
#include "gateway/base/clock.h"
#include "gateway/base/health.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/config/config.h"

namespace tidegate {

/// Owns every thread of a running gateway, and the order in which its parts start and stop.
///
/// The thread that calls run() coordinates: it starts and stops, pauses and resumes. The network thread runs sources,
/// the admin server, signals and the watchdog. The admin worker makes the admin calls that wait for the disk. The
/// committer and the lanes' workers belong to the pipeline.
///
/// Stopping, in this order: sources say goodbye, lanes finish what is in flight, the spool commits what is queued; all
/// within gateway.shutdown_timeout. What is cut short is on disk and goes out after the next start.
class Supervisor final : private AdminBackend {
 public:
  Supervisor(const Config& config, const Clock& clock, ServiceNotify notify);
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// From now on SIGTERM and SIGINT stop the gateway, the second of them at once; SIGHUP is logged and ignored.
  void handle_signals();
  /// Runs the gateway until it is stopped. A disk that is full or failing at the start is waited out.
  /// *Errors*: refused (another gateway holds the data directory), invalid. *Blocks*.
  Status run();
  /// As SIGTERM does. *Threads*: safe from any.
  void stop();
  /// Where the admin API listens; port 0: nowhere yet. *Threads*: safe from any.
  [[nodiscard]] ListenAddress admin_address() const { return admin_->bound(); }

 private:
  [[nodiscard]] bool ready() const override { return ready_; }
  [[nodiscard]] std::string metrics_text() const override;
  [[nodiscard]] StatusReport status() const override;
  Status resume_lane(std::string_view route, std::string_view sink) override;
  Result<std::uint64_t> open_tap(const TapRequest& request) override;
  Result<TapBatch> poll_tap(std::uint64_t tap) override;
  Status close_tap(std::uint64_t tap) override;
  Result<std::uint64_t> begin_replay(ReplayRequest request) override;
  Result<ReplayReport> replay(std::uint64_t number) override;
  Result<std::vector<ReplayReport>> replays() override;
  Status cancel_replay(std::uint64_t number) override;
  Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) override;
  Result<std::uint64_t> retry_dead(const std::vector<std::uint64_t>& numbers) override;
  Result<std::uint64_t> drop_dead(const std::vector<std::uint64_t>& numbers) override;
  Result<std::uint64_t> drop_lane(const std::string& route, const std::string& sink) override;
  Result<std::uint64_t> adopt_lane(const std::string& route, const std::string& sink, const std::string& to_route,
                                   const std::string& to_sink) override;

  void start_threads();
  void run_network();
  void await_signal();
  void open_pipeline();
  void start_pipeline(std::unique_ptr<Pipeline> pipeline);
  void start_connectors();
  void watch();
  void shut_down();
  void exit_when_overdue();
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] Result<Pipeline*> running() const;

  const Config& config_;
  const Clock& clock_;
  const ServiceNotify notify_;
  const Log log_{"gateway"};
  const SteadyTime started_;
  Health health_;
  Metrics metrics_;
  boost::asio::io_context net_{1};      ///< the network thread
  boost::asio::io_context control_{1};  ///< the thread in run()
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> net_work_;
  boost::asio::signal_set signals_;        ///< network thread, which runs to the end: a second signal is heard
  boost::asio::steady_timer watchdog_;     ///< network thread
  boost::asio::steady_timer overdue_;      ///< network thread
  boost::asio::steady_timer retry_;        ///< control
  std::unique_ptr<CommitterProbe> probe_;  ///< network thread
  Worker worker_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<Pipeline> pipeline_;         ///< control
  std::atomic<Pipeline*> published_{nullptr};  ///< pipeline_ once it runs, for the other threads
  std::atomic<bool> ready_{false};
  std::atomic<bool> stopping_{false};
  Status result_;  ///< control
  std::thread network_;
};

}  // namespace tidegate
