#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>

#include "connectors/mqtt/codec.h"

namespace tidegate::test {

/// A socket that says exactly what a test wants it to.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) ADD_FAILURE() << "no connection";
  }
  ~RawClient() { close(socket_); }
  RawClient(RawClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)), in_(std::move(other.in_)) {}
  RawClient& operator=(RawClient&&) = delete;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False: not everything could be sent at once, or the connection is gone.
  bool send(const std::string& bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(bytes.size());
  }
  void send_all(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t n = ::send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
  }
  template <class AnyPacket>
  void send_packet(const AnyPacket& packet) const {
    std::string wire;
    if constexpr (std::is_same_v<AnyPacket, mqtt::Connect>)
      encode(wire, packet);
    else
      encode(wire, version_, packet);
    send_all(wire);
  }
  void publish(std::uint16_t id, const std::string& payload, std::uint8_t qos = 1) const {
    send_packet(mqtt::Publish{false, qos, false, "a/b", id, {}, payload});
  }
  /// CONNECT and CONNACK; the reason.
  mqtt::Reason connect(std::string_view client_id) {
    mqtt::Connect hello;
    hello.clean_start = true;
    hello.client_id = client_id;
    return connect(hello);
  }
  mqtt::Reason connect(const mqtt::Connect& hello) {
    version_ = hello.version;
    std::string wire;
    encode(wire, hello);
    send_all(wire);
    const auto answer = receive();
    if (!answer || !std::holds_alternative<mqtt::Connack>(*answer)) return mqtt::Reason::unspecified_error;
    return std::get<mqtt::Connack>(*answer).reason;
  }
  /// The next packet, valid until the next call; empty: the connection was closed.
  std::optional<mqtt::Packet> receive() {
    in_.erase(0, std::exchange(taken_, 0));
    mqtt::Frame frame;
    while (mqtt::next_frame(in_, frame) != mqtt::Framing::complete) {
      pollfd ready{socket_, POLLIN, 0};
      if (poll(&ready, 1, 60'000) != 1) {
        ADD_FAILURE() << "nothing came";
        return std::nullopt;
      }
      char bytes[4096];
      const ssize_t n = recv(socket_, bytes, sizeof bytes, 0);
      if (n <= 0) return std::nullopt;
      in_.append(bytes, static_cast<std::size_t>(n));
    }
    mqtt::Packet packet;
    EXPECT_FALSE(mqtt::decode(frame, version_, packet));
    taken_ = frame.size;
    return packet;
  }
  /// The reason of the DISCONNECT that comes next.
  std::optional<mqtt::Reason> farewell() {
    const auto packet = receive();
    if (!packet || !std::holds_alternative<mqtt::Disconnect>(*packet)) return std::nullopt;
    return std::get<mqtt::Disconnect>(*packet).reason;
  }
  /// The packet id of the acknowledgement that comes next; 0: something else came.
  std::uint16_t acknowledged() {
    const auto packet = receive();
    const auto* ack = packet ? std::get_if<mqtt::Ack>(&*packet) : nullptr;
    return ack == nullptr ? std::uint16_t{0} : ack->packet_id;
  }

 private:
  int socket_;
  mqtt::Version version_ = mqtt::Version::v5;
  std::string in_;
  std::size_t taken_ = 0;
};

}  // namespace tidegate::test
