#include "aws_batch_reply_fuzz.h"

#include <algorithm>
#include <array>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/error_reply.h"
#include "connectors/aws/limits.h"
#include "gateway/event/json_text.h"
#include "tests/fuzz/require.h"

namespace tidegate::aws {
namespace {

constexpr std::size_t kEvents = 3;
constexpr std::array<long, 10> kStatuses = {200, 200, 200, 202, 400, 403, 413, 429, 500, 504};

using test::require;

bool is_one_line(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

void check(const Settled& settled, long status) {
  require(settled.outcomes.size() == 1 || settled.outcomes.size() == kEvents);
  for (const Outcome& outcome : settled.outcomes) {
    require(outcome.fate == Fate::delivered || !outcome.reason.empty());
    require(is_one_line(outcome.reason) && outcome.reason.size() <= 1024);
    // Only what a service says of an entry by itself condemns it, or what it says of a request of one.
    if (settled.outcomes.size() == 1) require(outcome.fate != Fate::rejected);
    if (status / 100 != 2) require(outcome.fate != Fate::delivered);
  }
  if (settled.outcomes.size() == 1) require(settled.cause != Cause::none);
}

}  // namespace

void judge_any_reply(std::string_view bytes) {
  if (bytes.empty()) return;
  http::Reply reply;
  reply.request_sent = true;
  reply.status = kStatuses[static_cast<unsigned char>(bytes[0]) % kStatuses.size()];
  bytes.remove_prefix(1);
  reply.body = bytes;
  const WallTime now{std::chrono::seconds{1'700'000'000}};
  check(judge_by_id(reply, kEvents, now), reply.status);
  check(judge_by_id_xml(reply, kEvents, now), reply.status);
  check(judge_by_position(reply, kEvents, "Entries", now), reply.status);
  const ServiceError error = read_error(reply);
  require(error.code.size() <= limits::kAwsCodeBytesMax && error.message.size() <= limits::kAwsMessageBytesMax);
  require(is_one_line(error.code) && is_one_line(error.message));
  if (const Status probed = probe_failure(reply, now); !probed) require(is_one_line(probed.error().message));
}

}  // namespace tidegate::aws
