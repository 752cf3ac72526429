#include "cloud_replies_fuzz.h"

#include <algorithm>

#include "connectors/aws_s3/reply.h"
#include "connectors/azure_event_grid/service.h"
#include "connectors/azure_event_hubs/service.h"
#include "connectors/gcp_pubsub/reply.h"
#include "gateway/event/json_text.h"
#include "tests/fuzz/require.h"

namespace tidegate::testing {

namespace {

/// Longest reason: the service's code and words, and the remedy.
constexpr std::size_t kReasonBytesMax = 2048;

using test::require;

void check_words(std::string_view text) {
  require(!text.empty() && text.size() <= kReasonBytesMax);
  require(is_utf8(text) && std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }));
}

void check(const Settled& settled, long status, std::size_t events) {
  require(settled.outcomes.size() == 1);
  const Outcome& outcome = settled.outcomes.front();
  if (outcome.fate == Fate::delivered) return require(status / 100 == 2 && settled.cause == Cause::none);
  check_words(outcome.reason);
  require(settled.cause != Cause::none);
  // Of several events nobody knows which is to blame.
  if (outcome.fate == Fate::rejected) {
    require(events == 1 && (settled.cause == Cause::poison_suspected || settled.cause == Cause::too_large));
  }
  if (settled.cause == Cause::poison_suspected || settled.cause == Cause::too_large)
    require(status / 100 == 4 || status == 503);
}

void check(const Status& probed) {
  if (!probed) check_words(probed.error().message);
}

}  // namespace

void judge_any_reply(std::string_view bytes) {
  if (bytes.empty()) return;
  http::Reply reply;
  reply.request_sent = true;
  reply.status = 200 + static_cast<unsigned char>(bytes[0]) * 399 / 255;
  bytes.remove_prefix(1);
  reply.body = bytes;
  const WallTime now{std::chrono::seconds{1'700'000'000}};
  for (const std::size_t events : {1u, 3u}) {
    for (const auto judge : {aws_s3::judge_put, aws_s3::judge_step, aws_s3::judge_complete}) {
      check(judge(reply, events, {"archive", "eu-central-1"}, now), reply.status, events);
    }
    check(gcp_pubsub::judge_publish(reply, events, now), reply.status, events);
    check(azure_event_grid::judge_publish(reply, events, now), reply.status, events);
    check(azure_event_hubs::judge_publish(reply, events, now), reply.status, events);
  }
  check(aws_s3::judge_probe(reply, {"archive", "eu-central-1"}, now));
  check(gcp_pubsub::judge_probe(reply, "projects/p/topics/t", now));
  check(azure_event_grid::judge_probe(reply, now));
  check(azure_event_hubs::judge_probe(reply, now));
}

}  // namespace tidegate::testing
