#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tidegate::aws_s3 {

/// A part of a multipart upload that S3 has.
struct UploadedPart {
  std::string etag;    ///< as it came, in its quotes
  std::string sha256;  ///< base64; empty: another checksum was asked for
};

/// An object that is being made of one batch after the other: what is kept of it here, and what S3 has of it already.
/// A batch is on trial until keep(); drop_trial() takes it back, so that a batch which fails leaves no trace and can
/// come again. *Threads*: one user at a time.
class Assembly {
 public:
  std::string key;      ///< empty: nothing is being made
  std::string content;  ///< that S3 does not have yet; batches are appended
  std::string upload;   ///< id of the multipart upload; empty: there is none

  /// Begins with a batch. An upload that was begun for another object is none of this one's.
  void drop_trial();
  /// The batch has a key now.
  void begun();
  /// The batch belongs to the object, which is not whole yet.
  void keep();
  /// Of the multipart upload with this id.
  void upload_begun(std::string id);
  /// S3 has `content` as the next part; if keep() follows, it is needed here no more.
  void part_taken(UploadedPart part);
  /// The object is stored, or S3 has lost what it had: nothing is being made.
  void clear();

  /// Something of the object was kept.
  [[nodiscard]] bool has_kept() const noexcept { return kept_; }
  [[nodiscard]] bool has_part_on_trial() const noexcept { return part_on_trial_.has_value(); }
  /// 1 and up: of the part that `content` will be.
  [[nodiscard]] std::size_t next_part() const noexcept { return parts_.size() + 1; }
  /// The body of CompleteMultipartUpload, of every part that S3 has.
  [[nodiscard]] std::string list_of_parts() const;

 private:
  bool kept_ = false;
  std::size_t kept_bytes_ = 0;  ///< of `content`
  std::vector<UploadedPart> parts_;
  std::optional<UploadedPart> part_on_trial_;
  std::string upload_key_;  ///< of which object `upload` is
};

}  // namespace tidegate::aws_s3
