#include "tests/support/process/influxdb.h"

#include <fmt/format.h>

#include <csignal>

namespace tidegate::test {
namespace {

constexpr const char* kProgram = "/usr/bin/influxd";
constexpr milliseconds kStartLimit{20'000};
constexpr milliseconds kStopLimit{10'000};
constexpr int kPortAttempts = 5;

}  // namespace

bool InfluxDb::installed() { return std::filesystem::exists(kProgram); }

void InfluxDb::configure() const {
  write_file(dir_ / "influxdb.conf", fmt::format(R"(reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{0}/meta"
[data]
  dir = "{0}/data"
  wal-dir = "{0}/wal"
[http]
  bind-address = "127.0.0.1:{1}"
  auth-enabled = {2}
  log-enabled = false
[monitor]
  store-enabled = false
)",
                                                 dir_.string(), port_, auth_));
}

Result<std::unique_ptr<InfluxDb>> InfluxDb::start(const std::filesystem::path& dir, bool auth) {
  std::string why;
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {  // somebody may take the port between choice and use
    std::unique_ptr<InfluxDb> made(new InfluxDb(dir, auth));
    const Status started = made->restart();
    if (started) return made;
    why = started.error().message;
  }
  return Error{ErrorCode::unavailable, why};
}

Status InfluxDb::restart() {
  configure();
  auto child = Process::spawn(
      {{kProgram, "run", "-config", (dir_ / "influxdb.conf").string()}, {}, dir_ / "influxd.log", {}, true});
  if (!child) return child.error();
  process_.emplace(std::move(*child));
  const bool up = wait_until(within(kStartLimit), [&] { return !process_->running() || accepts_connections(port_); });
  if (up && process_->running()) return {};
  process_->kill();
  return Error{ErrorCode::unavailable, "InfluxDB did not start: " + log()};
}

void InfluxDb::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->wait(within(kStopLimit));
  process_.reset();
}

std::string InfluxDb::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

}  // namespace tidegate::test
