#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace tidegate::test {

struct PublisherOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint32_t number = 1;  ///< the publisher's number in the markers, and part of its topics and client id
  int qos = 1;
  std::uint64_t count = 0;      ///< events to publish; 0: until stopped
  double rate = 0;              ///< events per second; 0: as fast as the broker takes them
  std::uint32_t window = 1000;  ///< QoS 1 and 2: messages not yet acknowledged
  std::uint32_t keys = 4;       ///< topics; event `seq` goes to topic_of(number, seq % keys)
  std::size_t payload_bytes = 200;
  bool reconnect = false;  ///< when the connection breaks: go on with new events on a new one, instead of ending
  std::atomic<std::uint64_t>* sent_now = nullptr;  ///< kept up to date with what was sent, when given
  milliseconds patience{30'000};  ///< without any progress (connection, acknowledgement) for so long, it gives up
};

struct PublisherReport {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;       ///< QoS 0: written to the socket
  std::vector<bool> acknowledged_seqs;  ///< index is the seq (first event: 1)
  std::string trouble;                  ///< why it ended early; empty: it did what it was asked for
};

/// "sensors/p<number>/d<key>/temperature".
std::string topic_of(std::uint32_t number, std::uint64_t key);

/// A pipelined MQTT 3.1.1 publisher with a clean session, on one thread and one socket, cheap enough not to be what a
/// benchmark measures. An event whose acknowledgement was lost with the connection is not sent again: what became of
/// it is unknown, and it stays out of `acknowledged_seqs`. *Blocks* until it is done.
PublisherReport publish(const PublisherOptions& options, const std::stop_token& stop);

}  // namespace tidegate::test
