#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <thread>

#include "gateway/base/mutex.h"

namespace tidegate::test {

/// A device: publishes at QoS 2 over MQTT 5 with a session that is kept, connects again when the connection breaks, and
/// sends again what was not taken. On a thread of its own. *Threads*: safe from any.
class PublishingClient {
 public:
  explicit PublishingClient(std::uint16_t port, std::string client_id = "device");
  ~PublishingClient();
  PublishingClient(const PublishingClient&) = delete;
  PublishingClient& operator=(const PublishingClient&) = delete;

  void publish(const std::string& payload, const std::string& topic = "a/b") EXCLUDES(mutex_);
  /// The session is open.
  [[nodiscard]] bool connected() const EXCLUDES(mutex_);
  /// Messages that are not released yet.
  [[nodiscard]] std::size_t open() const EXCLUDES(mutex_);
  /// Times that the other side had no session any more when there should have been one.
  [[nodiscard]] std::size_t lost_sessions() const EXCLUDES(mutex_);
  /// Messages taken or refused for good. They are acknowledged in the order they were published.
  [[nodiscard]] std::size_t acknowledged() const EXCLUDES(mutex_);
  /// Breaks the connection.
  void interrupt() EXCLUDES(mutex_);
  /// Neither reads nor sends from now on, and keeps the connection.
  void fall_silent() EXCLUDES(mutex_);

 private:
  struct Message {
    std::uint16_t id = 0;
    std::string topic, payload;
    bool sent = false;      ///< on any connection
    bool released = false;  ///< PUBREC came
  };
  void run();
  void connect() EXCLUDES(mutex_);
  void serve() EXCLUDES(mutex_);
  void recorded(std::uint16_t id, bool taken) REQUIRES(mutex_);
  std::string due() EXCLUDES(mutex_);
  bool send_all(const std::string& bytes) const;
  void disconnect();

  const std::uint16_t port_;
  const std::string client_id_;
  mutable Mutex mutex_;
  std::deque<Message> open_ GUARDED_BY(mutex_);
  std::uint16_t next_id_ GUARDED_BY(mutex_) = 1;
  std::size_t acknowledged_ GUARDED_BY(mutex_) = 0;
  bool is_open_ GUARDED_BY(mutex_) = false;
  bool has_session_ GUARDED_BY(mutex_) = false;
  std::size_t lost_sessions_ GUARDED_BY(mutex_) = 0;
  bool interrupt_ GUARDED_BY(mutex_) = false;
  bool silent_ GUARDED_BY(mutex_) = false;
  bool stop_ GUARDED_BY(mutex_) = false;
  std::size_t sent_here_ GUARDED_BY(mutex_) = 0;  ///< of open_, on this connection
  std::string outgoing_ GUARDED_BY(mutex_);
  int socket_ = -1;
  std::string incoming_;
  std::thread thread_;
};

}  // namespace tidegate::test
