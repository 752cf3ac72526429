#include "tests/bench/gateway/folder.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>

#include "tests/support/receiver/test_certs.h"

namespace tidegate::bench {
namespace {

constexpr milliseconds kFlowLimit{300'000};

/// Rows of a machine's log: number, time, names, measured values, a status; each of kRowBytes with its line end.
void write_rows(const std::filesystem::path& path, std::uint64_t rows) {
  std::ofstream out(path, std::ios::binary);
  out << "id,time,machine,part,temperature,pressure,speed,status,note\n";
  std::string text;
  for (std::uint64_t i = 0; i < rows; ++i) {
    std::string row = fmt::format("{},2026-01-02T03:{:02}:{:02}Z,press-{:02},A{:07},{}.{},{}.{:02},{},ok,",
                                  1'000'000 + i, i / 60 % 60, i % 60, i % 40, i * 7919 % 10'000'000, 20 + i % 60,
                                  i % 10, i % 9, i * 31 % 100, 900 + i * 17 % 400);
    row.append(kRowBytes - 1 - row.size(), static_cast<char>('a' + i % 26));
    text += row + "\n";
    if (text.size() < (1u << 20) && i + 1 < rows) continue;
    out << text;
    text.clear();
  }
}

std::string config(const test::GatewayProcess& gateway, const std::filesystem::path& drop, const std::string& url,
                   const std::string& ca) {
  return gateway.preamble() + fmt::format(R"(sources:
  erp:
    type: directory
    path: {}
    ready: rename
sinks:
  cloud:
    type: http
    url: {}
    tls: {{ ca_file: {} }}
    batch: {{ max_events: 500, max_wait: 200ms }}
routes:
  all: {{ to: cloud }}
)",
                                          drop.string(), url, ca);
}

}  // namespace

Result<FolderFlow> measure_folder(const std::filesystem::path& bin, std::uint64_t rows) {
  const test::TempDir dir;
  const auto certs = testing::make_test_certs(dir / "certs");
  if (!certs) return certs.error();
  test::ReceiverProcess receiver(bin / "test_receiver", dir.path(), certs->server_cert, certs->server_key, false);
  if (auto up = receiver.start(); !up) return up.error();
  const auto drop = dir / "drop";
  std::filesystem::create_directory(drop);
  test::GatewayProcess gateway(bin / "tidegate", dir.path());
  gateway.configure(config(gateway, drop, receiver.url(), certs->ca_cert.string()));
  if (auto up = gateway.start_ready(); !up) return up.error();

  write_rows(drop / "rows.csv.tmp", rows);
  const test::Usage before = test::usage_of(gateway.pid());
  const auto from = std::chrono::steady_clock::now();
  const auto seconds_since = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  };
  std::filesystem::rename(drop / "rows.csv.tmp", drop / "rows.csv");
  std::optional<double> stored;
  double delivered = 0;
  const bool done = test::wait_until(test::within(kFlowLimit), [&] {
    delivered = seconds_since();
    if (!stored && std::filesystem::exists(drop / "done" / "rows.csv")) stored = delivered;
    return !gateway.running() || (stored && gateway.books("delivered").value_or(0) >= rows);
  });
  if (!done || !gateway.running()) return Error{ErrorCode::timeout, "not everything was delivered:\n" + gateway.log()};

  const test::Usage after = test::usage_of(gateway.pid());
  const auto count = static_cast<double>(rows);
  return FolderFlow{count / *stored, flow_of(count, delivered, kRowBytes, before, after)};
}

}  // namespace tidegate::bench
