#include "tests/support/broker/publishing_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "connectors/mqtt/codec.h"

namespace tidegate::test {

namespace {

using mqtt::PacketType;
using mqtt::Version;

constexpr int kStepMs = 5;

}  // namespace

PublishingClient::PublishingClient(std::uint16_t port, std::string client_id)
    : port_(port), client_id_(std::move(client_id)), thread_([this] { run(); }) {}

PublishingClient::~PublishingClient() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
  }
  thread_.join();
  disconnect();
}

void PublishingClient::publish(const std::string& payload, const std::string& topic) {
  const MutexLock lock(mutex_);
  open_.push_back({next_id_, topic, payload});
  next_id_ = next_id_ == UINT16_MAX ? std::uint16_t{1} : static_cast<std::uint16_t>(next_id_ + 1);
}
std::size_t PublishingClient::open() const {
  const MutexLock lock(mutex_);
  return open_.size();
}
std::size_t PublishingClient::lost_sessions() const {
  const MutexLock lock(mutex_);
  return lost_sessions_;
}
bool PublishingClient::connected() const {
  const MutexLock lock(mutex_);
  return is_open_;
}
std::size_t PublishingClient::acknowledged() const {
  const MutexLock lock(mutex_);
  return acknowledged_;
}
void PublishingClient::interrupt() {
  const MutexLock lock(mutex_);
  interrupt_ = true;
}
void PublishingClient::fall_silent() {
  const MutexLock lock(mutex_);
  silent_ = true;
}

void PublishingClient::run() {
  for (;;) {
    bool silent = false;
    {
      const MutexLock lock(mutex_);
      if (stop_) return;
      if (std::exchange(interrupt_, false)) disconnect();
      if (socket_ < 0) is_open_ = false;
      silent = silent_;
    }
    if (silent)
      poll(nullptr, 0, kStepMs);
    else if (socket_ < 0)
      connect();
    else
      serve();
  }
}

void PublishingClient::connect() {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    close(made);
    poll(nullptr, 0, kStepMs);
    return;
  }
  socket_ = made;
  incoming_.clear();
  mqtt::PropertyWriter properties;
  properties.number(mqtt::PropertyId::session_expiry_interval, 3600);
  mqtt::Connect hello;
  hello.properties = properties.view();
  hello.client_id = client_id_;
  std::string wire;
  encode(wire, hello);
  if (!send_all(wire)) disconnect();
}

void PublishingClient::serve() {
  if (!send_all(due())) return disconnect();
  pollfd ready{socket_, POLLIN, 0};
  if (poll(&ready, 1, kStepMs) <= 0) return;
  char bytes[4096];
  const ssize_t n = recv(socket_, bytes, sizeof bytes, 0);
  if (n <= 0) return disconnect();
  incoming_.append(bytes, static_cast<std::size_t>(n));
  mqtt::Frame frame;
  mqtt::Packet packet;
  while (mqtt::next_frame(incoming_, frame) == mqtt::Framing::complete) {
    if (!mqtt::decode(frame, Version::v5, packet)) {
      const MutexLock lock(mutex_);
      if (const auto* connack = std::get_if<mqtt::Connack>(&packet)) {
        if (std::exchange(has_session_, true) && !connack->session_present) ++lost_sessions_;
        is_open_ = true;
        sent_here_ = 0;
        outgoing_.clear();
      }
      const auto* ack = std::get_if<mqtt::Ack>(&packet);
      if (ack != nullptr && ack->type == PacketType::pubrec) recorded(ack->packet_id, !is_refusal(ack->reason));
      if (ack != nullptr && ack->type == PacketType::pubcomp) {
        std::erase_if(open_, [&](const Message& m) { return m.id == ack->packet_id; });
        --sent_here_;
      }
    }
    incoming_.erase(0, frame.size);
  }
}

void PublishingClient::recorded(std::uint16_t id, bool taken) {
  const auto found = std::find_if(open_.begin(), open_.end(), [id](const Message& m) { return m.id == id; });
  if (found == open_.end()) return;
  if (!found->released) ++acknowledged_;
  if (!taken) {
    open_.erase(found);
    --sent_here_;
    return;
  }
  found->released = true;
  encode(outgoing_, Version::v5, mqtt::Ack{PacketType::pubrel, id, mqtt::Reason::success, {}});
}

std::string PublishingClient::due() {
  const MutexLock lock(mutex_);
  std::string wire = std::exchange(outgoing_, {});
  if (!is_open_) return {};
  for (; sent_here_ < open_.size(); ++sent_here_) {
    Message& message = open_[sent_here_];
    if (message.released)
      encode(wire, Version::v5, mqtt::Ack{PacketType::pubrel, message.id, mqtt::Reason::success, {}});
    else
      encode(wire, Version::v5, mqtt::Publish{message.sent, 2, false, message.topic, message.id, {}, message.payload});
    message.sent = true;
  }
  return wire;
}

bool PublishingClient::send_all(const std::string& bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    pollfd ready{socket_, POLLOUT, 0};
    poll(&ready, 1, kStepMs);
    const ssize_t n = send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) done += static_cast<std::size_t>(n);
    if (n < 0 && errno != EAGAIN) return false;
    const MutexLock lock(mutex_);
    if (interrupt_ || stop_) return false;
  }
  return true;
}

void PublishingClient::disconnect() {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
}

}  // namespace tidegate::test
