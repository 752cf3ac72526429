#include "tests/support/process/publisher.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "tests/support/process/marker.h"

namespace tidegate::test {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kOutMax = 64u << 10;  // bytes built ahead of the socket
constexpr int kPollMs = 100;                // how soon a stop is noticed
/// mosquitto ends the connection of a QoS 2 publisher that fills its max_inflight_messages (20).
constexpr std::uint32_t kQos2Window = 10;

// Packet types, MQTT 3.1.1 section 2.2.1.
enum Packet : std::uint8_t { connack = 2, puback = 4, pubrec = 5, pubrel = 6, pubcomp = 7 };

void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

void append_length(std::string& out, std::size_t value) {
  do {
    out += static_cast<char>((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>= 7;
  } while (value != 0);
}

std::uint64_t utc_us() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

class Session {
 public:
  Session(const PublisherOptions& options, const std::stop_token& stop) : options_(options), stop_(stop) {
    for (std::uint64_t key = 0; key < options.keys; ++key) topics_.push_back(topic_of(options.number, key));
    window_ = options.qos == 2 ? std::min(options.window, kQos2Window) : options.window;
    report_.acknowledged_seqs.push_back(false);
  }
  ~Session() { drop(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  PublisherReport run() {
    progress_at_ = started_ = Steady::now();
    while (!done()) {
      if (Steady::now() - progress_at_ > options_.patience) return fail("no progress");
      if (fd_ < 0 && !open()) {
        if (!options_.reconnect) return fail("cannot connect");
        poll(nullptr, 0, kPollMs / 2);
        continue;
      }
      if (connected_) fill();
      if (!exchange()) {
        const std::string why = std::strerror(errno);
        drop();
        if (!options_.reconnect) return fail("connection lost: " + why);
      }
    }
    goodbye();
    return std::move(report_);
  }

 private:
  [[nodiscard]] bool all_sent() const { return stop_.stop_requested() || (options_.count && next_ > options_.count); }
  [[nodiscard]] bool done() const { return all_sent() && (open_ == 0 || fd_ < 0) && out_.size() == written_; }

  PublisherReport fail(std::string why) {
    report_.trouble = std::move(why);
    return std::move(report_);
  }

  bool open() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      drop();
      return false;
    }
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
    const std::string client = fmt::format("publisher-{}", options_.number);
    out_ += '\x10';
    append_length(out_, 10 + 2 + client.size());
    append_u16(out_, 4);
    out_ += "MQTT\x04\x02";  // level 4, clean session
    append_u16(out_, 60);    // keep alive; there is always traffic
    append_u16(out_, client.size());
    out_ += client;
    return true;
  }

  void drop() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    connected_ = false;
    out_.clear();
    in_.clear();
    written_ = 0;
    open_ = 0;
    seq_of_.fill(0);
  }

  /// Builds what rate, window and buffer allow.
  void fill() {
    std::uint64_t due = UINT64_MAX;
    if (options_.rate > 0) {
      const std::chrono::duration<double> elapsed = Steady::now() - started_;
      due = static_cast<std::uint64_t>(elapsed.count() * options_.rate);
    }
    while (!all_sent() && next_ <= due && out_.size() - written_ < kOutMax) {
      if (options_.qos > 0 && open_ >= window_) break;
      append_publish();
    }
  }

  void append_publish() {
    const std::string& topic = topics_[next_ % options_.keys];
    out_ += static_cast<char>(0x30 | (options_.qos << 1));
    append_length(out_, 2 + topic.size() + (options_.qos > 0 ? 2 : 0) + options_.payload_bytes);
    append_u16(out_, topic.size());
    out_ += topic;
    if (options_.qos > 0) {
      do {
        last_id_ = static_cast<std::uint16_t>(last_id_ == 0xffff ? 1 : last_id_ + 1);
      } while (seq_of_[last_id_] != 0);
      append_u16(out_, last_id_);
      seq_of_[last_id_] = next_;
      ++open_;
    }
    append_payload(out_, {options_.number, next_, utc_us()}, options_.payload_bytes);
    report_.acknowledged_seqs.push_back(options_.qos == 0);
    if (options_.qos == 0) ++report_.acknowledged;
    ++report_.sent;
    if (options_.sent_now != nullptr) options_.sent_now->store(report_.sent, std::memory_order_relaxed);
    ++next_;
  }

  /// Moves bytes both ways, waiting for at most until something can happen. False: the connection is gone.
  bool exchange() {
    pollfd ready{fd_, static_cast<short>(POLLIN | (written_ < out_.size() ? POLLOUT : 0)), 0};
    poll(&ready, 1, wait_ms());
    if (ready.revents & POLLOUT) {
      const ssize_t n = send(fd_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) return false;
      if (n > 0) written_ += static_cast<std::size_t>(n);
      if (written_ == out_.size()) out_.clear(), written_ = 0;
      if (n > 0) progress_at_ = Steady::now();
    }
    if (ready.revents & (POLLIN | POLLHUP | POLLERR)) {
      char buffer[16384];
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
      if (n > 0) in_.append(buffer, static_cast<std::size_t>(n));
      return take_packets();
    }
    return true;
  }

  [[nodiscard]] int wait_ms() const {
    if (options_.rate <= 0 || all_sent()) return kPollMs;
    const double next_due = static_cast<double>(next_) / options_.rate;
    const std::chrono::duration<double> elapsed = Steady::now() - started_;
    return std::clamp(static_cast<int>((next_due - elapsed.count()) * 1000) + 1, 0, kPollMs);
  }

  /// Every packet a broker sends a 3.1.1 publisher has a one-byte length and at most four bytes in all.
  bool take_packets() {
    std::size_t at = 0;
    while (in_.size() - at >= 4) {
      const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(in_[at + i]); };
      const auto type = static_cast<Packet>(byte(0) >> 4);
      if (byte(1) != 2) return false;
      take(type, static_cast<std::uint16_t>(byte(2) << 8 | byte(3)));
      if (type == connack && byte(3) != 0) return false;
      at += 4;
    }
    in_.erase(0, at);
    return true;
  }

  void take(Packet type, std::uint16_t id) {
    progress_at_ = Steady::now();
    if (type == connack) connected_ = true;
    if (type == pubrec) {
      out_ += "\x62\x02";
      append_u16(out_, id);
    }
    if (type == pubrec || (type == puback && options_.qos == 1)) {
      if (seq_of_[id] != 0 && !report_.acknowledged_seqs[seq_of_[id]]) {
        report_.acknowledged_seqs[seq_of_[id]] = true;
        ++report_.acknowledged;
      }
    }
    if ((type == puback || type == pubcomp) && std::exchange(seq_of_[id], 0) != 0) --open_;
  }

  void goodbye() {
    if (fd_ >= 0 && connected_) {
      [[maybe_unused]] const auto sent = send(fd_, "\xe0\x00", 2, MSG_NOSIGNAL);
    }
  }

  const PublisherOptions& options_;
  const std::stop_token& stop_;
  std::vector<std::string> topics_;
  PublisherReport report_;
  int fd_ = -1;
  bool connected_ = false;
  std::string out_, in_;
  std::size_t written_ = 0;
  std::uint64_t next_ = 1;
  std::uint16_t last_id_ = 0;
  std::uint32_t open_ = 0;
  std::uint32_t window_ = 0;
  std::array<std::uint64_t, 65536> seq_of_{};  // by packet id; 0: free
  Steady::time_point started_, progress_at_;
};

}  // namespace

std::string topic_of(std::uint32_t number, std::uint64_t key) {
  return fmt::format("sensors/p{}/d{}/temperature", number, key);
}

PublisherReport publish(const PublisherOptions& options, const std::stop_token& stop) {
  const auto session = std::make_unique<Session>(options, stop);  // too big for the stack of a thread
  return session->run();
}

}  // namespace tidegate::test
