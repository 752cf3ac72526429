#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/result.h"

namespace tidegate::crash {

/// What a feed knows at the end.
struct FedEvents {
  std::map<std::uint32_t, std::vector<bool>> owed;     ///< by publisher and seq: somebody was told that it is safe
  std::map<std::uint32_t, std::vector<bool>> excused;  ///< owed by a mosquitto that was then killed with its memory
  std::string trouble;                                 ///< why the load ended early; empty: it did not
};

/// A broker with load on it, or programs that connect themselves: where events come from and who keeps the list of what
/// is owed.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Starts the broker. The load starts with start_load(), once the gateway has subscribed.
  virtual Status start() = 0;
  virtual Status start_load() = 0;
  /// SIGKILL of the broker, or the worst it can do to its connections.
  virtual void kill() = 0;
  /// Brings it back.
  virtual Status restart() = 0;
  /// The gateway is subscribed again: what is published from now on is not excused.
  virtual void calm() = 0;
  /// Ends the load. What it owes by then is what must arrive.
  virtual FedEvents finish() = 0;
  /// Ends the broker: nothing new comes from here.
  virtual void close() = 0;

  /// The gateway's source, as lines of its config.
  [[nodiscard]] virtual std::string source() const;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::uint32_t keys() const = 0;
  /// True when kill() makes it forget what it had acknowledged.
  [[nodiscard]] virtual bool forgets() const = 0;
};

/// A real mosquitto and pipelined publishers. What a killed mosquitto forgets is excused.
std::unique_ptr<Feed> make_mosquitto_feed(const std::filesystem::path& dir);
/// The scripted broker: it records every acknowledgement it gets, and those events are owed; kill() breaks its
/// connections instead.
std::unique_ptr<Feed> make_scripted_feed(const std::filesystem::path& dir, const std::filesystem::path& binary);
/// Programs that post CloudEvents, and post them again under the same ids until they are answered; kill() breaks their
/// connections.
std::unique_ptr<Feed> make_http_feed();
/// Devices that connect to the gateway itself, at QoS 1 and, with sessions that are kept, at QoS 2; kill() breaks the
/// connections of the latter.
std::unique_ptr<Feed> make_listener_feed();
/// A program that drops CSV files into a folder; kill() takes the folder away.
std::unique_ptr<Feed> make_folder_feed(const std::filesystem::path& dir);
/// A FIFO queue of commands in the cloud; kill() breaks the connections to it.
std::unique_ptr<Feed> make_sqs_feed();

}  // namespace tidegate::crash
