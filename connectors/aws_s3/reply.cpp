#include "connectors/aws_s3/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "connectors/aws/error_reply.h"
#include "connectors/aws/xml.h"
#include "connectors/http/service.h"

namespace tidegate::aws_s3 {
namespace {

using aws::Meaning;

/// What S3 alone says, and what to do about it. The rest is as with every service of AWS.
struct Row {
  std::string_view code;
  Meaning meaning;
  std::string_view remedy;
};
constexpr std::string_view kLocked = "the account is locked";
constexpr std::string_view kRegion = "set region to the bucket's";
constexpr std::array kRows{
    Row{"AccessDenied", Meaning::unauthorized, "the policy must allow s3:PutObject (and the use of a key of KMS)"},
    Row{"AccountProblem", Meaning::unauthorized, kLocked},
    Row{"AllAccessDisabled", Meaning::unauthorized, kLocked},
    Row{"AuthorizationHeaderMalformed", Meaning::unauthorized, "check region and the access key"},
    Row{"IllegalLocationConstraint", Meaning::wrong_target, kRegion},
    Row{"InvalidBucketName", Meaning::wrong_target, "set bucket to a name that S3 allows"},
    Row{"InvalidStorageClass", Meaning::wrong_target, "set another storage_class"},
    Row{"InvalidToken", Meaning::unauthorized, "the session token is not of these keys"},
    Row{"MaxMessageLengthExceeded", Meaning::too_large, ""},
    Row{"NoSuchBucket", Meaning::wrong_target, "make the bucket, or name another"},
    Row{"NotImplemented", Meaning::wrong_target,
        "the store has no such thing: see storage_class, encryption, checksum"},
    Row{"NotSignedUp", Meaning::unauthorized, "the account has no S3"},
    Row{"PermanentRedirect", Meaning::wrong_target, kRegion},
    Row{"TemporaryRedirect", Meaning::down, "a new bucket takes a while until it is known everywhere"},
    Row{"TokenRefreshRequired", Meaning::unauthorized, ""},
};

const Row* row_of(std::string_view code) {
  const auto* const found = std::ranges::find(kRows, code, &Row::code);
  return found == kRows.end() ? nullptr : found;
}

Meaning meaning_of(const aws::ServiceError& error, long status) {
  if (const Row* row = row_of(error.code)) return row->meaning;
  const Meaning known = aws::meaning_of(error.code);
  // No content of an object is wrong for S3: such a code is about how the sink is set up.
  if (known != Meaning::unknown && known != Meaning::content) return known;
  if (status == 401 || status == 403) return Meaning::unauthorized;
  if (status == 413) return Meaning::too_large;
  if (status == 429) return Meaning::throttled;
  return Meaning::down;
}

/// A name that may stand in a reason as it is.
bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 63 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// Where the bucket is, when S3 says that it is not where the request went; else empty.
std::string other_region(const http::Reply& reply, const Place& place) {
  std::string region(reply.header("x-amz-bucket-region"));
  std::string_view body = reply.body, error;
  if (region.empty() && aws::take_element(body, "Error", error)) region = aws::element_text(error, "Region");
  return is_region(region) && region != place.region ? region : std::string();
}

std::string reason_of(const http::Reply& reply, const aws::ServiceError& error, const Place& place) {
  std::string reason = fmt::format("HTTP {}", reply.status);
  const std::string region = other_region(reply, place);
  const Row* row = row_of(error.code);
  if (!region.empty() || row != nullptr) {
    reason += fmt::format(": {}{}{}", error.code, error.message.empty() ? "" : ": ", error.message);
    if (!region.empty()) {
      return reason + fmt::format("; bucket {} is in the region {}: set region to that", place.bucket, region);
    }
    return row->remedy.empty() ? reason : reason + fmt::format("; bucket {}: {}", place.bucket, row->remedy);
  }
  return error.code.empty() ? reason : reason + ": " + aws::words_of(error);
}

Settled all(Fate fate, std::string reason, Cause cause, std::optional<milliseconds> wait = std::nullopt) {
  return http::settled({{fate, std::move(reason)}, cause, wait});
}

bool is_success(const http::Reply& reply) { return reply.status >= 200 && reply.status < 300; }

Settled not_s3(const http::Reply& reply, std::string_view lacks) {
  return all(Fate::unknown, fmt::format("HTTP {} without {}: not an answer of S3", reply.status, lacks),
             Cause::peer_down);
}

/// S3 has not the parts that it was given, or no use for them: the upload must be begun again.
bool is_lost(const http::Reply& reply) {
  static constexpr std::array<std::string_view, 4> kCodes{"NoSuchUpload", "InvalidPart", "InvalidPartOrder",
                                                          "EntityTooSmall"};
  return std::ranges::find(kCodes, aws::read_error(reply).code) != kCodes.end();
}

Settled judge_refusal(const http::Reply& reply, std::size_t events, const Place& place, WallTime now) {
  const aws::ServiceError error = aws::read_error(reply);
  std::string reason = reason_of(reply, error, place);
  switch (meaning_of(error, reply.status)) {
    case Meaning::unauthorized: return all(Fate::retry, std::move(reason), Cause::unauthorized);
    case Meaning::too_large:
      if (reply.status / 100 != 4) break;  // no such answer of S3
      return all(events == 1 ? Fate::rejected : Fate::retry, std::move(reason), Cause::too_large);
    case Meaning::throttled:
      return all(Fate::retry, std::move(reason), Cause::throttled, http::parse_retry_after(reply.retry_after, now));
    default: break;
  }
  // A gateway on the way gave up on S3, which may have taken the object all the same.
  const bool in_doubt = reply.status == 502 || reply.status == 504;
  return all(in_doubt ? Fate::unknown : Fate::retry, std::move(reason), Cause::peer_down,
             http::parse_retry_after(reply.retry_after, now));
}

}  // namespace

Settled judge_put(const http::Reply& reply, std::size_t events, const Place& place, WallTime now) {
  if (!is_success(reply)) return judge_refusal(reply, events, place, now);
  // Every store of this kind names what it has stored; a proxy's page with status 200 does not.
  if (!reply.header("ETag").empty()) return all(Fate::delivered, {}, Cause::none);
  return not_s3(reply, "an ETag");
}

Settled judge_step(const http::Reply& reply, std::size_t events, const Place& place, WallTime now) {
  if (is_success(reply)) return not_s3(reply, "an UploadId or an ETag");
  Settled settled = judge_refusal(reply, events, place, now);
  if (is_lost(reply)) settled.cause = Cause::undone;
  return settled;
}

Settled judge_complete(const http::Reply& reply, std::size_t events, const Place& place, WallTime now) {
  std::string_view body = reply.body, inside;
  if (is_success(reply) && aws::take_element(body, "CompleteMultipartUploadResult", inside)) {
    return all(Fate::delivered, {}, Cause::none);
  }
  // S3 answers 200 before it knows: what went wrong then stands in the body.
  if (is_success(reply) && aws::read_error(reply).code.empty()) return not_s3(reply, "a result");
  Settled settled = judge_refusal(reply, events, place, now);
  if (is_lost(reply)) settled.cause = Cause::undone;
  return settled;
}

long status_of(std::string_view code) noexcept {
  const Row* row = row_of(code);
  switch (row != nullptr ? row->meaning : aws::meaning_of(code)) {
    case Meaning::unknown:
    case Meaning::content: return 0;
    case Meaning::throttled:
    case Meaning::down: return 503;
    case Meaning::unauthorized: return 403;
    case Meaning::wrong_target: return 404;
    case Meaning::too_large: return 400;
  }
  return 0;
}

Status judge_probe(const http::Reply& reply, const Place& place, WallTime now) {
  const aws::ServiceError error = aws::read_error(reply);
  if (error.code == "NoSuchUpload") return {};
  if (error.code.empty() && (is_success(reply) || reply.status == 404)) {
    return Error{ErrorCode::refused, fmt::format("HTTP {}, and not in the words of S3; check endpoint", reply.status)};
  }
  const Settled judged = judge_put(reply, 1, place, now);
  const Meaning meaning = meaning_of(error, reply.status);
  const bool passes = meaning == Meaning::throttled || (meaning == Meaning::down && reply.status >= 500);
  // The credential is good: this store only says in other words that there is no such upload.
  if (meaning == Meaning::down && (reply.status / 100 == 4 || error.code == "InternalError")) return {};
  return Error{passes ? ErrorCode::unavailable : ErrorCode::refused, judged.outcomes.front().reason};
}

}  // namespace tidegate::aws_s3
