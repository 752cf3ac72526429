#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace tidegate::testing {

/// One broker of a cluster of its own on a loopback port, for what the mock cluster cannot play: TLS and SASL PLAIN. It
/// has one topic, "events", with one partition, and takes everything that is produced to it.
class ScriptedKafka {
 public:
  struct Script {
    std::filesystem::path cert, key;  ///< set: TLS
    std::string user, password;       ///< set: SASL PLAIN
  };
  explicit ScriptedKafka(Script script);
  ~ScriptedKafka();
  ScriptedKafka(const ScriptedKafka&) = delete;
  ScriptedKafka& operator=(const ScriptedKafka&) = delete;

  /// "localhost:1234"
  [[nodiscard]] std::string bootstrap() const;
  /// Takes only this one from now on, and ends every connection.
  void change_password(std::string password);
  /// Records that were acknowledged.
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
  /// Credentials that were refused.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  struct Connection {
    int socket = -1;
    SSL* tls = nullptr;
    bool in = false;  ///< has shown its credential, or needs none
    std::jthread thread;
  };

  void accept_all();
  void serve(Connection& connection);
  bool answer(Connection& connection, std::string_view request, std::string& reply);
  bool is_right(std::string_view plain);

  const Script script_;
  SSL_CTX* tls_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> taken_{0}, refused_{0};
  std::mutex mutex_;  ///< of what follows
  std::string password_;
  bool over_ = false;
  std::list<Connection> connections_;
  std::jthread accepting_;
};

}  // namespace tidegate::testing
