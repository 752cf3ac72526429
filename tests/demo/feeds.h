#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

/// The sample devices of `./dev run`: one per door of the gateway.
namespace tidegate::demo {

/// Something at the site that makes readings, each with a marker that names the feed and the reading's number.
class Feed {
 public:
  explicit Feed(std::uint32_t number) : number_(number) {}
  virtual ~Feed() = default;
  [[nodiscard]] virtual std::string_view what() const = 0;
  /// Hands readings over until `stop`. *Blocks*.
  virtual void run(const std::stop_token& stop) = 0;

  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  /// So far. *Threads*: any.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_.load(std::memory_order_relaxed); }

  // Once run() has returned:

  /// The readings that the gateway has taken on; all of them have to arrive.
  [[nodiscard]] const std::vector<std::uint64_t>& accepted() const noexcept { return accepted_; }
  /// Why it ended early; empty: it did not.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 protected:
  const std::uint32_t number_;
  std::atomic<std::uint64_t> sent_{0};
  std::vector<std::uint64_t> accepted_;
  std::string trouble_;
};

/// A device that publishes at QoS 1 to the gateway's MQTT listener.
std::unique_ptr<Feed> mqtt_device(std::uint32_t number, std::uint16_t port);
/// A program that posts readings to the gateway's HTTP door.
std::unique_ptr<Feed> http_program(std::uint32_t number, std::uint16_t port);
/// A legacy system that only knows how to write CSV files into a folder.
std::unique_ptr<Feed> csv_exporter(std::uint32_t number, std::filesystem::path folder);

}  // namespace tidegate::demo
