#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "connectors/connector.h"
#include "connectors/http/judge.h"
#include "gateway/base/result.h"

/// What S3 answers. *Source*: Amazon S3 API Reference, "Error responses".
namespace tidegate::aws_s3 {

/// Where a sink writes, for reasons that say what to mend.
struct Place {
  std::string bucket, region;
};

/// What the answer to PutObject means for the `events` of the object, its `id` left open. No event is rejected but for
/// its size: S3 refuses requests for what they are, never for what is in the object.
Settled judge_put(const http::Reply& reply, std::size_t events, const Place& place, WallTime now);

/// What the answer to CreateMultipartUpload or UploadPart means, when it is not what was to come. Cause::undone: what
/// S3 had of the object is lost.
Settled judge_step(const http::Reply& reply, std::size_t events, const Place& place, WallTime now);
/// As judge_put() and judge_step(), to CompleteMultipartUpload. *Source*: its "Response Elements": an answer with
/// status 200 may be an error.
Settled judge_complete(const http::Reply& reply, std::size_t events, const Place& place, WallTime now);

/// A status that S3 gives with an error code: "SlowDown"; 0: no such code is known.
long status_of(std::string_view code) noexcept;

/// What the answer to a request for an upload that does not exist says about the bucket and the credential.
/// *Errors*: refused, when somebody must mend something; else unavailable.
Status judge_probe(const http::Reply& reply, const Place& place, WallTime now);

}  // namespace tidegate::aws_s3
