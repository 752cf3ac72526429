#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/crash/checker.h"
#include "tests/crash/feed.h"
#include "tests/support/process/gateway.h"
#include "tests/support/process/receiver_process.h"

namespace tidegate::crash {

enum class Victim : std::uint8_t { gateway, receiver, broker };
std::string_view name_of(Victim victim) noexcept;

/// Batches of the gateway under test; what may arrive twice follows from them.
inline constexpr std::uint32_t kInFlight = 4;
inline constexpr std::uint32_t kBatchEvents = 100;

/// One broker, one gateway, one receiver, each a process of its own, in one directory.
class Plant {
 public:
  /// `bin` holds the programs.
  Plant(std::filesystem::path bin, std::filesystem::path dir, std::unique_ptr<Feed> feed);

  /// Everything up, the gateway subscribed, the load running.
  Status start();
  void kill(Victim victim);
  /// Brings the victim back and waits until the gateway is subscribed.
  Status restart(Victim victim);
  /// Ends the load, waits until everything owed has arrived (or does not any more), stops the gateway, and collects
  /// what the checker needs. `faults` takes what the gateway itself did wrong: exit status, audit.
  Result<Evidence> finish(std::vector<std::string>& faults);

 private:
  [[nodiscard]] std::string config() const;
  Status wait_subscribed();
  [[nodiscard]] Evidence evidence(const FedEvents& fed) const;
  void stop_gateway(std::vector<std::string>& faults);
  void audit(Evidence& evidence, std::vector<std::string>& faults);

  std::filesystem::path dir_, bin_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<test::ReceiverProcess> receiver_;
  test::GatewayProcess gateway_;
  std::filesystem::path ca_;
  std::uint64_t kills_that_repeat_ = 0;  ///< of gateway or receiver: each may repeat what was in flight
};

/// What test_receiver --log wrote.
std::vector<Arrival> read_arrivals(const std::filesystem::path& log);

}  // namespace tidegate::crash
