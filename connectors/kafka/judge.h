#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/connector.h"

namespace tidegate::kafka {

/// What to do about the size of requests before a message is sent again.
enum class Smaller : std::uint8_t {
  no,
  half,  ///< the request was too large
  one,   ///< the request was refused for one of its messages: send each alone to find it
};

struct Verdict {
  Outcome outcome;
  Cause cause = Cause::none;
  Smaller smaller = Smaller::no;
};

/// How a message ended, as librdkafka reports it.
struct Ending {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_msg_status_t status = RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
  bool alone = false;  ///< the request held no other message
};

/// What an ending means for its event and for the lane: see the table in README.md. Never rejects an event for what the
/// configuration of the gateway or of the cluster is to blame for.
/// *Source*: Kafka protocol, error codes; librdkafka's INTRODUCTION.md, "Message persistence status".
Verdict judge(const Ending& ending);

/// What an error of a connection, or of the whole producer, means for the lane.
Cause cause_of(rd_kafka_resp_err_t error) noexcept;

/// "TOPIC_AUTHORIZATION_FAILED: Broker: Topic authorization failed"
std::string words_of(rd_kafka_resp_err_t error);

}  // namespace tidegate::kafka
