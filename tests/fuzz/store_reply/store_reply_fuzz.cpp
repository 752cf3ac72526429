#include "store_reply_fuzz.h"

#include <array>
#include <vector>

#include "connectors/elasticsearch/answer.h"
#include "connectors/influxdb/answer.h"
#include "connectors/loki/answer.h"
#include "connectors/splunk_hec/answer.h"
#include "connectors/stores/reply_text.h"
#include "tests/fuzz/require.h"

namespace tidegate::stores {

namespace {

constexpr std::size_t kReasonBytesMax = 1024;

using test::require;

void check(const Settled& settled, std::size_t events) {
  require(settled.outcomes.size() == 1 || settled.outcomes.size() == events);
  for (const Outcome& outcome : settled.outcomes) require(outcome.reason.size() <= kReasonBytesMax);
}

}  // namespace

void judge_any(std::string_view bytes) {
  static const std::array<OutEvent, 3> kEvents{};
  http::Reply reply;
  reply.request_sent = true;
  reply.status = 200 + (bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0]));
  reply.cut = bytes.size() > 1 && (bytes[1] & 1) != 0;
  reply.body = bytes.substr(std::min<std::size_t>(bytes.size(), 2));
  require(reply_text(reply.body).size() <= kReasonBytesMax);
  for (std::size_t count = 1; count <= kEvents.size(); ++count) {
    std::vector<const OutEvent*> events;
    for (std::size_t i = 0; i < count; ++i) events.push_back(&kEvents[i]);
    check(influxdb::judge_refusal(reply, events), count);
    check(loki::judge_refusal(reply, events), count);
    for (const bool own_index : {false, true}) check(splunk_hec::judge_refusal(reply, events, own_index), count);
    for (const auto action : {elasticsearch::Action::create, elasticsearch::Action::index}) {
      check(elasticsearch::judge_items(reply, events, action), count);
    }
  }
}

}  // namespace tidegate::stores
