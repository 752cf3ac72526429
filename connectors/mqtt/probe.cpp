#include "connectors/mqtt/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "connectors/mqtt/codec.h"
#include "connectors/mqtt/explain.h"
#include "connectors/mqtt/link.h"
#include "connectors/mqtt/receive_buffer.h"

namespace tidegate::mqtt {

namespace {

namespace asio = boost::asio;

/// One connection, as far as the broker's CONNACK and a goodbye.
class Attempt {
 public:
  Attempt(asio::io_context& net, const SourceOptions& options, const std::string& client_id, Version version)
      : options_(options),
        client_id_(client_id),
        version_(version),
        link_(make_link(net, options.broker, options.tls)) {
    link_->open([this](const Status& status) { opened(status); });
  }
  ~Attempt() { link_->close(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  [[nodiscard]] const std::optional<Status>& outcome() const noexcept { return outcome_; }
  /// What is missing while there is no outcome.
  [[nodiscard]] std::string_view waits_for() const noexcept { return connected_ ? "CONNACK" : "connection"; }
  /// The broker may know MQTT 3.1.1 only: it said so, or closed the connection on CONNECT.
  [[nodiscard]] bool may_be_old() const noexcept { return may_be_old_; }

 private:
  void opened(const Status& status) {
    if (!status) return end(status);
    connected_ = true;
    Connect connect;
    connect.version = version_;
    connect.clean_start = true;
    connect.keep_alive_s = static_cast<std::uint16_t>(options_.keep_alive.count());
    connect.client_id = client_id_;
    if (options_.user) connect.user = *options_.user;
    if (!options_.password.empty()) connect.password = options_.password.reveal();
    encode(writing_, connect);
    // When the write fails, the read says why.
    link_->write(writing_, [this](const Status&) { read(); });
  }

  void read() {
    link_->read(buffer_.space(0), [this](const Result<std::size_t>& size) {
      if (!size) {
        may_be_old_ = true;
        return end(size.error());
      }
      buffer_.commit(*size);
      received();
    });
  }

  void received() {
    Frame frame;
    const Framing framing = next_frame(buffer_.data(), frame);
    Packet packet;
    if (framing == Framing::malformed || frame.size > limits::kReadBytes) return break_off("no MQTT packet");
    if (framing == Framing::incomplete) return read();
    if (const auto fault = decode(frame, version_, packet)) return break_off(fault->what);
    const auto* connack = std::get_if<Connack>(&packet);
    if (connack == nullptr) return break_off("a packet before CONNACK");
    if (connack->reason == Reason::success) return say_goodbye();
    may_be_old_ = connack->reason == Reason::unsupported_protocol_version;
    std::string why = "the broker refused the connection: " + explain(connack->reason, connack->properties);
    if (connack->reason == Reason::client_identifier_not_valid)
      why += fmt::format("; the check connects as \"{}\"", client_id_);
    end(Error{ErrorCode::refused, std::move(why)});
  }

  void say_goodbye() {
    writing_.clear();
    encode(writing_, version_, Disconnect{});
    link_->write(writing_, [this](const Status&) { end({}); });
  }

  void break_off(std::string_view what) {
    end(Error{ErrorCode::refused, fmt::format("the broker broke the protocol: {}", what)});
  }
  void end(Status outcome) { outcome_ = std::move(outcome); }

  const SourceOptions& options_;
  const std::string& client_id_;
  const Version version_;
  const std::shared_ptr<Link> link_;
  ReceiveBuffer buffer_;
  std::string writing_;
  bool connected_ = false;
  bool may_be_old_ = false;
  std::optional<Status> outcome_;
};

}  // namespace

Status probe_broker(const SourceOptions& options, const std::string& client_id, const Clock& clock, Deadline deadline) {
  Version version = options.version == VersionChoice::v3_1_1 ? Version::v3_1_1 : Version::v5;
  for (;;) {
    asio::io_context net{1};
    Attempt attempt(net, options, client_id, version);
    while (!attempt.outcome() && clock.steady() < deadline.at) net.run_one_for(deadline.at - clock.steady());
    const std::string broker = options.broker.text();
    if (!attempt.outcome())
      return Error{ErrorCode::timeout, fmt::format("{}: no {} in time", broker, attempt.waits_for())};
    if (attempt.outcome()->has_value()) return {};
    if (options.version != VersionChoice::automatic || version != Version::v5 || !attempt.may_be_old())
      return attempt.outcome()->error().in(broker);
    version = Version::v3_1_1;
  }
}

}  // namespace tidegate::mqtt
