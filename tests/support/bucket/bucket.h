#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/mutex.h"
#include "gateway/base/result.h"
#include "tests/support/receiver/receiver.h"

namespace tidegate::testing {

/// What is asked of a bucket.
enum class BucketCall : std::uint8_t { put_object, create_upload, upload_part, complete_upload, abort_upload, other };
inline constexpr std::size_t kBucketCalls = 6;

struct BucketOptions {
  std::string name = "archive";
  std::filesystem::path tls_cert, tls_key;  ///< both: HTTPS
  /// False: objects have a size but no bytes, checksums are believed, and an ETag is no digest. For gibibytes.
  bool keep_bytes = true;
  std::size_t part_bytes_min = 5u << 20;  ///< of every part but the last
  /// An upload that was completed may be completed once more, with the same parts. Stores differ; where this is false
  /// it is unknown from then on.
  bool completes_again = false;
};

struct StoredObject {
  std::string bytes;                           ///< of the last write
  std::size_t size = 0;                        ///< of the last write
  std::size_t parts = 0;                       ///< 0: it was put as a whole
  int writes = 0;                              ///< how often something was stored under this key
  std::map<std::string, std::string> headers;  ///< of PutObject or CreateMultipartUpload; names in lower case
};

/// A multipart upload that was neither completed nor aborted.
struct OpenUpload {
  std::string id, key;
  std::map<int, std::size_t> parts;  ///< sizes, by number
};

struct BucketTotals {
  std::size_t requests = 0;
  std::size_t refused = 0;  ///< of them: answered with an error, or not at all
  std::size_t objects = 0, writes = 0, open_uploads = 0;
  std::size_t parts = 0;           ///< that were taken, replaced ones too
  std::uint64_t object_bytes = 0;  ///< of what is stored now
};

/// A bucket of Amazon S3 in memory, on loopback: whole objects and multipart uploads, addressed by path. Written from
/// the API reference: parts are completed in ascending order, under the ETags that they were answered with, and only
/// the last may be small. It does not look at who asks. *Threads*: safe from any.
class Bucket {
 public:
  /// *Errors*: unavailable when it cannot listen.
  static Result<std::unique_ptr<Bucket>> start(BucketOptions options = {});
  ~Bucket();

  /// For `endpoint`: "http://127.0.0.1:PORT", or https with localhost.
  [[nodiscard]] std::string url() const { return receiver_->url(""); }

  [[nodiscard]] std::map<std::string, StoredObject> objects() const EXCLUDES(mutex_);  ///< by key
  [[nodiscard]] std::vector<OpenUpload> open_uploads() const EXCLUDES(mutex_);
  [[nodiscard]] BucketTotals totals() const EXCLUDES(mutex_);
  /// The last kRequestsKept requests, or those of a kind, in their order; without the bytes of objects and parts.
  /// `status` is what was answered; 0: nothing.
  [[nodiscard]] std::vector<ReceivedRequest> requests(std::optional<BucketCall> of = std::nullopt) const
      EXCLUDES(mutex_);

  /// The `nth` request of that kind from now on (1: the next) gets this answer: an error, silence (`hang`), a cut
  /// connection (`close_read`). `takes`: what it asks for is done all the same, so that only the answer is lost.
  void answer_nth(BucketCall call, std::size_t nth, Answer answer, bool takes = false) EXCLUDES(mutex_);
  /// Every request of that kind gets this answer and changes nothing, until nullopt takes it back.
  void answer_all(BucketCall call, std::optional<Answer> answer) EXCLUDES(mutex_);

  /// Waits until the condition holds; false when it did not by the deadline.
  bool wait_for(const std::function<bool(const BucketTotals&)>& condition,
                std::chrono::seconds at_most = std::chrono::seconds(30)) const EXCLUDES(mutex_);

 private:
  struct Part {
    std::string bytes, etag;
    std::size_t size = 0;
  };
  struct Upload {
    std::string key;
    std::map<std::string, std::string> headers;
    std::map<int, Part> parts;
    std::string completed;  ///< the list of parts with which it was; empty: it is open
  };
  struct Fault {
    std::size_t at = 0;  ///< counted from the first request of its kind
    Answer answer;
    bool takes = false;
  };
  struct Target;

  explicit Bucket(BucketOptions options) : options_(std::move(options)) {}
  Answer respond(const ReceivedRequest& request) EXCLUDES(mutex_);
  Answer decide(const ReceivedRequest& request, const Target& target) REQUIRES(mutex_);
  Answer carry_out(const ReceivedRequest& request, const Target& target) REQUIRES(mutex_);
  Answer put_object(const ReceivedRequest& request, const Target& target) REQUIRES(mutex_);
  Answer create_upload(const ReceivedRequest& request, const Target& target) REQUIRES(mutex_);
  Answer upload_part(const ReceivedRequest& request, const Target& target) REQUIRES(mutex_);
  Answer complete_upload(const ReceivedRequest& request, const Target& target) REQUIRES(mutex_);
  Answer abort_upload(const Target& target) REQUIRES(mutex_);
  Upload* upload_of(const Target& target) REQUIRES(mutex_);
  void store(const std::string& key, StoredObject object) REQUIRES(mutex_);
  std::string etag_of(const std::string& bytes) REQUIRES(mutex_);
  [[nodiscard]] std::optional<Answer> checksum_fault(const ReceivedRequest& request) const;
  [[nodiscard]] BucketTotals totals_now() const REQUIRES(mutex_);

  const BucketOptions options_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::map<std::string, StoredObject> objects_ GUARDED_BY(mutex_);
  std::map<std::string, Upload> uploads_ GUARDED_BY(mutex_);  ///< by id
  std::deque<std::pair<BucketCall, ReceivedRequest>> requests_ GUARDED_BY(mutex_);
  std::array<std::size_t, kBucketCalls> seen_ GUARDED_BY(mutex_){};
  std::array<std::vector<Fault>, kBucketCalls> faults_ GUARDED_BY(mutex_);
  std::array<std::optional<Answer>, kBucketCalls> for_all_ GUARDED_BY(mutex_);
  BucketTotals counted_ GUARDED_BY(mutex_);  ///< what only grows
  std::uint64_t last_id_ GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Receiver> receiver_;
};

/// An error as S3 answers it. With status 200: what CompleteMultipartUpload says when it fails after it has begun.
Answer s3_error(unsigned status, std::string_view code);

}  // namespace tidegate::testing
