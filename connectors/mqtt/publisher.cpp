#include "connectors/mqtt/publisher.h"

#include <fmt/format.h>
#include <mqtt/async_client.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>

#include "connectors/mqtt/sink_limits.h"

namespace tidegate::mqtt {

namespace {

namespace paho = ::mqtt;

/// What Paho C says when the broker took the TCP (and TLS) connection and then closed it, or answered what Paho could
/// not read, in place of a CONNACK: what a broker does that does not know MQTT 5. Which of them is a matter of timing.
constexpr std::array<std::string_view, 2> kNoConnack{"TCP connect completion failure", "socket error"};

std::string uri_of(const BrokerAddress& broker) {
  const bool bracketed = broker.host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", broker.tls ? "ssl" : "tcp", bracketed ? "[" + broker.host + "]" : broker.host,
                     broker.port);
}

int paho_version(Version version) { return version == Version::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1; }

paho::create_options create_options_of(const PublisherSetup& setup) {
  // Paho counts what it has not handed to the socket yet against the second, connected or not.
  paho::create_options options(paho_version(setup.version), static_cast<int>(limits::kPublishesOpenMax));
  options.set_send_while_disconnected(false);
  return options;
}

paho::connect_options connect_options_of(const PublisherSetup& setup) {
  paho::connect_options options;
  options.set_mqtt_version(paho_version(setup.version));
  // The spool keeps what is unacknowledged, so the broker and Paho need not: nothing is left over from before.
  if (setup.version == Version::v5) {
    options.set_clean_start(true);
    options.set_properties({{paho::property::MAXIMUM_PACKET_SIZE, limits::kInboundPacketBytesMax}});
  } else {
    options.set_clean_session(true);
  }
  options.set_keep_alive_interval(setup.keep_alive);
  options.set_connect_timeout(std::chrono::ceil<std::chrono::seconds>(setup.connect_timeout));
  options.set_max_inflight(static_cast<int>(limits::kPublishesOpenMax));
  if (setup.user) options.set_user_name(*setup.user);
  if (!setup.password.empty()) options.set_password(setup.password.reveal());
  if (setup.broker.tls) {
    paho::ssl_options tls;
    if (!setup.tls.ca_file.empty()) tls.set_trust_store(setup.tls.ca_file.string());
    if (!setup.tls.cert_file.empty()) tls.set_key_store(setup.tls.cert_file.string());
    if (!setup.tls.key_file.empty()) tls.set_private_key(setup.tls.key_file.string());
    if (!setup.tls.alpn.empty()) tls.set_alpn_protos({setup.tls.alpn});
    tls.set_enable_server_cert_auth(!setup.tls.insecure_skip_verify);
    tls.set_verify(!setup.tls.insecure_skip_verify);
    options.set_ssl(std::move(tls));
  }
  return options;
}

BrokerLimits limits_in(const paho::properties& properties) {
  BrokerLimits found;
  if (properties.contains(paho::property::MAXIMUM_PACKET_SIZE))
    found.packet_bytes_max = paho::get<std::uint32_t>(properties, paho::property::MAXIMUM_PACKET_SIZE);
  if (properties.contains(paho::property::RECEIVE_MAXIMUM))
    found.receive_maximum = paho::get<std::uint16_t>(properties, paho::property::RECEIVE_MAXIMUM);
  if (properties.contains(paho::property::MAXIMUM_QOS))
    found.qos_max = paho::get<std::uint8_t>(properties, paho::property::MAXIMUM_QOS);
  if (properties.contains(paho::property::RETAIN_AVAILABLE))
    found.retain = paho::get<std::uint8_t>(properties, paho::property::RETAIN_AVAILABLE) != 0;
  return found;
}

class PahoPublisher final : public Publisher {
 public:
  PahoPublisher(PublisherSetup setup, PublisherObserver& observer)
      : setup_(std::move(setup)),
        observer_(observer),
        client_(uri_of(setup_.broker), setup_.client_id, create_options_of(setup_)) {
    const std::string broker = setup_.broker.text();
    client_.set_connection_lost_handler(
        [this, broker](const std::string&) { observer_.lost("lost the connection to " + broker); });
    // After a DISCONNECT from the broker Paho closes the connection and does not call it lost.
    client_.set_disconnected_handler([this, broker](const paho::properties&, paho::ReasonCode code) {
      observer_.lost(fmt::format("{} ended the connection: {}", broker, name_of(static_cast<Reason>(code))));
    });
    // Without it Paho would keep what a broker sends unasked.
    client_.set_message_callback([](const paho::const_message_ptr&) {});
  }

  Status connect() override {
    try {
      client_.connect(connect_options_of(setup_), nullptr, connecting_);
      return {};
    } catch (const std::exception& e) {
      return Error{ErrorCode::unavailable, e.what()};
    }
  }

  Status publish(const Outgoing& message, std::uint8_t qos, bool retain, std::uint64_t ticket) override {
    static_assert(sizeof(void*) >= sizeof ticket, "a ticket travels as Paho's context");
    try {
      const auto made =
          paho::message::create(message.topic, message.payload.data(), message.payload.size(), qos, retain,
                                setup_.version == Version::v5 ? properties_of(message) : paho::properties());
      // NOLINTNEXTLINE(performance-no-int-to-ptr): paho gives it back and never looks behind it
      client_.publish(made, reinterpret_cast<void*>(ticket), publishing_);
      return {};
    } catch (const std::exception& e) {
      return Error{ErrorCode::unavailable, e.what()};
    }
  }

 private:
  /// Hears of the connect.
  class Connecting final : public paho::iaction_listener {
   public:
    explicit Connecting(PahoPublisher& owner) : owner_(owner) {}
    void on_success(const paho::token& token) override {
      try {
        BrokerLimits limits;
        if (owner_.setup_.version == Version::v5) limits = limits_in(token.get_connect_response().get_properties());
        owner_.observer_.connected(limits);
      } catch (const std::exception& e) {
        owner_.observer_.not_connected({std::nullopt, false, e.what()});
      }
    }
    void on_failure(const paho::token& token) override { owner_.observer_.not_connected(owner_.failure_of(token)); }

   private:
    PahoPublisher& owner_;
  };
  /// Hears of every publish.
  class Publishing final : public paho::iaction_listener {
   public:
    explicit Publishing(PublisherObserver& observer) : observer_(observer) {}
    void on_success(const paho::token& token) override {
      observer_.answered(ticket_of(token), static_cast<Reason>(token.get_reason_code()));
    }
    void on_failure(const paho::token& token) override {
      // Only a broker's refusal comes with Paho's own code of success; where there is another, the reason code is void.
      const auto reason = static_cast<Reason>(token.get_reason_code());
      if (token.get_return_code() == MQTTASYNC_SUCCESS && is_refusal(reason))
        observer_.answered(ticket_of(token), reason);
      else
        observer_.ending();
    }

   private:
    static std::uint64_t ticket_of(const paho::token& token) {
      return reinterpret_cast<std::uint64_t>(token.get_user_context());
    }
    PublisherObserver& observer_;
  };

  static paho::properties properties_of(const Outgoing& message) {
    paho::properties properties;
    if (message.utf8) properties.add({paho::property::PAYLOAD_FORMAT_INDICATOR, 1});
    if (message.expiry_s)
      properties.add({paho::property::MESSAGE_EXPIRY_INTERVAL, static_cast<std::int32_t>(*message.expiry_s)});
    if (!message.content_type.empty()) properties.add({paho::property::CONTENT_TYPE, message.content_type});
    for (const auto& [name, value] : message.user_properties)
      properties.add({paho::property::USER_PROPERTY, name, value});
    return properties;
  }

  /// Paho has its words about a failed connect only in what it throws.
  static std::string words_of(const paho::token& token) {
    try {
      token.get_connect_response();
    } catch (const paho::exception& e) {
      return e.get_message();
    }
    return {};
  }

  /// What a CONNACK refused, or else what Paho says. Paho gives the CONNACK's code as its own return code.
  [[nodiscard]] ConnectFailure failure_of(const paho::token& token) const {
    const int code = token.get_return_code();
    if (code > 0) {
      const bool old = setup_.version == Version::v3_1_1 || code < 0x80;
      const Reason reason =
          old ? reason_from_connack_3_1_1(static_cast<std::uint8_t>(code)) : static_cast<Reason>(code);
      return {reason, reason == Reason::unsupported_protocol_version,
              fmt::format("{} refuses the connection: {}", setup_.broker.text(), name_of(reason))};
    }
    if (const std::string words = words_of(token); std::ranges::find(kNoConnack, words) != kNoConnack.end())
      return {std::nullopt, true, setup_.broker.text() + " closed the connection in place of accepting it"};
    return {std::nullopt, false,
            fmt::format("cannot connect to {}{}", setup_.broker.text(),
                        setup_.broker.tls ? ", or it and the gateway do not accept each other's certificate" : "")};
  }

  const PublisherSetup setup_;
  PublisherObserver& observer_;
  Connecting connecting_{*this};
  Publishing publishing_{observer_};
  paho::async_client client_;  ///< last: its end is the end of all calls back
};

}  // namespace

Result<std::unique_ptr<Publisher>> Publisher::create(PublisherSetup setup, PublisherObserver& observer) {
  try {
    return std::unique_ptr<Publisher>(std::make_unique<PahoPublisher>(std::move(setup), observer));
  } catch (const std::exception& e) {
    return Error{ErrorCode::unavailable, e.what()};
  }
}

}  // namespace tidegate::mqtt
