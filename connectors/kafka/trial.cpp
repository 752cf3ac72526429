// What test cases and `tidegate explain` ask of a kafka sink.

#include <fmt/format.h>

#include <string>

#include "connectors/kafka/judge.h"
#include "connectors/kafka/kafka.h"
#include "connectors/kafka/message.h"
#include "connectors/kafka/options.h"

namespace tidegate {

namespace {

/// The code of the protocol with this name; nullopt: there is none.
std::optional<rd_kafka_resp_err_t> code_named(std::string_view name) {
  const rd_kafka_err_desc* known = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&known, &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (known[i].name != nullptr && known[i].code > 0 && name == known[i].name) return known[i].code;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Settled> judge_kafka_answer(const PeerAnswer& answer) {
  const auto code = code_named(answer.name);
  if (!code) return std::nullopt;
  // A broker that answers with an error has not taken the request, but for this one.
  const bool after_append = *code == RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND;
  kafka::Verdict verdict =
      kafka::judge({*code, after_append ? RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED : RD_KAFKA_MSG_STATUS_NOT_PERSISTED,
                    answer.events == 1});
  return Settled{{}, {std::move(verdict.outcome)}, verdict.cause, answer.retry_after};
}

Result<Preview> preview_kafka(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  kafka::MessageWriter writer(std::any_cast<const kafka::SinkOptions&>(options), context.route);
  kafka::Outgoing out;
  if (Status written = writer.write(event, out); !written) return std::move(written).error();
  Preview preview;
  preview.to = out.has_key ? fmt::format("topic {}, key \"{}\"", out.topic, out.key) : "topic " + out.topic;
  for (const kafka::Header& header : out.headers()) {
    if (header.name == "content-type") preview.content_type = header.value;
  }
  preview.body = out.value;
  return preview;
}

}  // namespace tidegate
