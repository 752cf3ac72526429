#include "connectors/kafka/judge.h"

#include <fmt/format.h>

namespace tidegate::kafka {

std::string words_of(rd_kafka_resp_err_t error) {
  std::string_view name = rd_kafka_err2name(error);
  while (name.starts_with('_')) name.remove_prefix(1);  // librdkafka's own begin with it
  return fmt::format("{}: {}", name, rd_kafka_err2str(error));
}

Cause cause_of(rd_kafka_resp_err_t error) noexcept {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED: return Cause::unauthorized;
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED: return Cause::throttled;
    default: return Cause::peer_down;
  }
}

Verdict judge(const Ending& ending) {
  if (ending.error == RD_KAFKA_RESP_ERR_NO_ERROR) return {{Fate::delivered, {}}, Cause::none, Smaller::no};
  // librdkafka cannot tell of a purged request, whatever it says, since it no longer waits for the answer.
  const bool certain =
      ending.status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED && ending.error != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
  const Fate again = certain ? Fate::retry : Fate::unknown;
  const std::string words = words_of(ending.error);
  switch (ending.error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      if (ending.alone)
        return {{Fate::rejected, "the message is larger than the topic's max.message.bytes: " + words},
                Cause::none,
                Smaller::no};
      return {{again, "the request is larger than the topic's max.message.bytes: " + words},
              Cause::throttled,
              Smaller::half};
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
      if (ending.alone) return {{Fate::rejected, "the broker refuses the message: " + words}, Cause::none, Smaller::no};
      return {
          {again, "the broker refuses the request for one of its messages: " + words}, Cause::throttled, Smaller::one};
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return {{again, "the cluster has no such topic: " + words}, Cause::none, Smaller::no};
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      return {{again, "the broker finds the gateway's clock too far off: " + words}, Cause::none, Smaller::no};
    default: break;
  }
  const Cause cause = cause_of(ending.error);
  const char* what = certain ? "the broker did not take it: " : "sent, and no acknowledgement came: ";
  return {{again, what + words}, cause, Smaller::no};
}

}  // namespace tidegate::kafka
