#include "tests/support/bucket/bucket.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace tidegate::testing {
namespace {

std::size_t index_of(BucketCall call) { return static_cast<std::size_t>(call); }

Answer answer_of(std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  Answer answer;
  answer.headers = std::move(headers);
  if (!body.empty()) answer.headers.emplace_back("Content-Type", "application/xml");
  answer.body = std::move(body);
  return answer;
}

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                           std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc();
    plain += is_escape ? static_cast<char>(byte) : text[i];
    if (is_escape) i += 2;
  }
  return plain;
}

/// The text between the next <name> and </name>, which leave `xml` with all that is before them; nothing: there is
/// none.
std::optional<std::string_view> take_inside(std::string_view& xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
  const std::size_t at = xml.find(open);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t from = at + open.size(), end = xml.find(close, from);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view inside = xml.substr(from, end - from);
  xml.remove_prefix(end + close.size());
  return inside;
}

/// An ETag without quotes, in whichever way they were written.
std::string bare(std::string_view etag) {
  for (const std::string_view quote : {"\"", "&quot;", "&#34;"}) {
    if (etag.size() < 2 * quote.size() || !etag.starts_with(quote) || !etag.ends_with(quote)) continue;
    return std::string(etag.substr(quote.size(), etag.size() - 2 * quote.size()));
  }
  return std::string(etag);
}

Answer taken_as(std::string_view etag) { return answer_of("", {{"ETag", fmt::format("\"{}\"", etag)}}); }

std::string digest_of(std::string_view bytes, const EVP_MD* algorithm) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, algorithm, nullptr);
  digest.resize(size);
  return digest;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

/// An item of the list that completes an upload.
struct ListedPart {
  int number = 0;
  std::string etag;
};
std::vector<ListedPart> listed_parts(std::string_view xml) {
  std::vector<ListedPart> list;
  while (const auto part = take_inside(xml, "Part")) {
    std::string_view number_from = *part, etag_from = *part;
    ListedPart& one = list.emplace_back();
    one.etag = bare(take_inside(etag_from, "ETag").value_or(""));
    const std::string_view number = take_inside(number_from, "PartNumber").value_or("");
    std::from_chars(number.data(), number.data() + number.size(), one.number);
  }
  return list;
}

/// True: the header is there and says something else.
bool differs(const ReceivedRequest& request, const std::string& header, const std::string& expected) {
  const auto found = request.headers.find(header);
  return found != request.headers.end() && found->second != expected;
}

}  // namespace

Answer s3_error(unsigned status, std::string_view code) {
  Answer answer =
      answer_of(fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code>"
                            "<Message>scripted</Message></Error>",
                            code));
  answer.status = status;
  return answer;
}

/// What the address and the method of a request say.
struct Bucket::Target {
  explicit Target(const ReceivedRequest& request) {
    std::string_view rest = request.target;
    const std::size_t question = rest.find('?');
    std::string_view query = question == std::string_view::npos ? "" : rest.substr(question + 1);
    rest = rest.substr(0, question);
    rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
    const std::size_t slash = rest.find('/');
    bucket = percent_decoded(rest.substr(0, slash));
    if (slash != std::string_view::npos) key = percent_decoded(rest.substr(slash + 1));
    bool creates = false;
    while (!query.empty()) {
      const std::string_view field = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(query.size(), field.size() + 1));
      const std::string_view name = field.substr(0, field.find('='));
      const std::string value = percent_decoded(field.substr(std::min(field.size(), name.size() + 1)));
      if (name == "uploads") creates = true;
      if (name == "uploadId") upload_id = value;
      if (name == "partNumber") std::from_chars(value.data(), value.data() + value.size(), part);
    }
    if (key.empty()) return;
    if (request.method == "PUT") call = upload_id.empty() ? BucketCall::put_object : BucketCall::upload_part;
    if (request.method == "POST" && creates) call = BucketCall::create_upload;
    if (request.method == "POST" && !upload_id.empty()) call = BucketCall::complete_upload;
    if (request.method == "DELETE" && !upload_id.empty()) call = BucketCall::abort_upload;
  }

  BucketCall call = BucketCall::other;
  std::string bucket, key, upload_id;
  int part = 0;
};

Result<std::unique_ptr<Bucket>> Bucket::start(BucketOptions options) {
  std::unique_ptr<Bucket> bucket(new Bucket(std::move(options)));
  ReceiverOptions listening;
  listening.tls_cert = bucket->options_.tls_cert;
  listening.tls_key = bucket->options_.tls_key;
  listening.record = false;
  listening.respond = [self = bucket.get()](const ReceivedRequest& request) { return self->respond(request); };
  auto started = Receiver::start(std::move(listening));
  if (!started) return std::move(started).error();
  bucket->receiver_ = *std::move(started);
  return bucket;
}

Bucket::~Bucket() {
  if (receiver_) receiver_->stop();
}

std::map<std::string, StoredObject> Bucket::objects() const {
  const MutexLock lock(mutex_);
  return objects_;
}

std::vector<OpenUpload> Bucket::open_uploads() const {
  const MutexLock lock(mutex_);
  std::vector<OpenUpload> open;
  for (const auto& [id, upload] : uploads_) {
    if (!upload.completed.empty()) continue;
    OpenUpload& one = open.emplace_back(OpenUpload{id, upload.key, {}});
    for (const auto& [number, part] : upload.parts) one.parts[number] = part.size;
  }
  return open;
}

BucketTotals Bucket::totals() const {
  const MutexLock lock(mutex_);
  return totals_now();
}

BucketTotals Bucket::totals_now() const {
  BucketTotals totals = counted_;
  totals.objects = objects_.size();
  for (const auto& [key, object] : objects_) totals.object_bytes += object.size;
  for (const auto& [id, upload] : uploads_) totals.open_uploads += upload.completed.empty() ? 1 : 0;
  return totals;
}

std::vector<ReceivedRequest> Bucket::requests(std::optional<BucketCall> of) const {
  const MutexLock lock(mutex_);
  std::vector<ReceivedRequest> found;
  for (const auto& [call, request] : requests_) {
    if (!of || call == *of) found.push_back(request);
  }
  return found;
}

void Bucket::answer_nth(BucketCall call, std::size_t nth, Answer answer, bool takes) {
  const MutexLock lock(mutex_);
  faults_[index_of(call)].push_back({seen_[index_of(call)] + nth, std::move(answer), takes});
}

void Bucket::answer_all(BucketCall call, std::optional<Answer> answer) {
  const MutexLock lock(mutex_);
  for_all_[index_of(call)] = std::move(answer);
}

bool Bucket::wait_for(const std::function<bool(const BucketTotals&)>& condition, std::chrono::seconds at_most) const {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  MutexLock lock(mutex_);
  while (!condition(totals_now())) {
    if (!changed_.wait_until(lock, deadline)) return condition(totals_now());
  }
  return true;
}

Answer Bucket::respond(const ReceivedRequest& request) {
  const Target target(request);
  const MutexLock lock(mutex_);
  Answer answer = decide(request, target);
  ++counted_.requests;
  if (!answer.accepts()) ++counted_.refused;
  const bool has_bytes = target.call == BucketCall::put_object || target.call == BucketCall::upload_part;
  ReceivedRequest kept{request.method, request.target, request.headers, has_bytes ? "" : request.body, {}, 0, {}};
  if (answer.action == Answer::Action::reply) kept.status = answer.status;
  requests_.emplace_back(target.call, std::move(kept));
  if (requests_.size() > kRequestsKept) requests_.pop_front();
  changed_.notify_all();
  return answer;
}

/// Whether the request is one that the test has something to say to.
Answer Bucket::decide(const ReceivedRequest& request, const Target& target) {
  const std::size_t kind = index_of(target.call);
  ++seen_[kind];
  const auto fault = std::ranges::find(faults_[kind], seen_[kind], &Fault::at);
  if (fault != faults_[kind].end()) {
    const Fault found = std::move(*fault);
    faults_[kind].erase(fault);
    if (found.takes) carry_out(request, target);
    return found.answer;
  }
  return for_all_[kind] ? *for_all_[kind] : carry_out(request, target);
}

Answer Bucket::carry_out(const ReceivedRequest& request, const Target& target) {
  if (target.bucket != options_.name) return s3_error(404, "NoSuchBucket");
  switch (target.call) {
    case BucketCall::put_object: return put_object(request, target);
    case BucketCall::create_upload: return create_upload(request, target);
    case BucketCall::upload_part: return upload_part(request, target);
    case BucketCall::complete_upload: return complete_upload(request, target);
    case BucketCall::abort_upload: return abort_upload(target);
    case BucketCall::other: break;
  }
  return s3_error(501, "NotImplemented");
}

Answer Bucket::put_object(const ReceivedRequest& request, const Target& target) {
  if (auto fault = checksum_fault(request)) return *std::move(fault);
  const std::string etag = etag_of(request.body);
  store(target.key, {options_.keep_bytes ? request.body : "", request.body.size(), 0, 0, request.headers});
  return taken_as(etag);
}

Answer Bucket::create_upload(const ReceivedRequest& request, const Target& target) {
  const std::string id = fmt::format("upload-{}", ++last_id_);
  uploads_[id] = {target.key, request.headers, {}, ""};
  return answer_of(
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                  "<Bucket>{}</Bucket><UploadId>{}</UploadId></InitiateMultipartUploadResult>",
                  options_.name, id));
}

Answer Bucket::upload_part(const ReceivedRequest& request, const Target& target) {
  constexpr int kPartsMax = 10'000;
  Upload* upload = upload_of(target);
  if (upload == nullptr || !upload->completed.empty()) return s3_error(404, "NoSuchUpload");
  if (target.part < 1 || target.part > kPartsMax) return s3_error(400, "InvalidArgument");
  if (auto fault = checksum_fault(request)) return *std::move(fault);
  const std::string etag = etag_of(request.body);
  upload->parts[target.part] = {options_.keep_bytes ? request.body : "", etag, request.body.size()};
  ++counted_.parts;
  return taken_as(etag);
}

Answer Bucket::complete_upload(const ReceivedRequest& request, const Target& target) {
  Upload* upload = upload_of(target);
  if (upload == nullptr) return s3_error(404, "NoSuchUpload");
  const std::vector<ListedPart> list = listed_parts(request.body);
  if (list.empty()) return s3_error(400, "MalformedXML");
  Answer done =
      answer_of(fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<CompleteMultipartUploadResult "
                            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>{}</Bucket>"
                            "<ETag>&quot;{}-{}&quot;</ETag></CompleteMultipartUploadResult>",
                            options_.name, hex(digest_of(request.body, EVP_md5())), list.size()));
  if (!upload->completed.empty()) return upload->completed == request.body ? done : s3_error(400, "InvalidPart");
  StoredObject object;
  object.headers = upload->headers;
  object.parts = list.size();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0 && list[i].number <= list[i - 1].number) return s3_error(400, "InvalidPartOrder");
    const auto part = upload->parts.find(list[i].number);
    if (part == upload->parts.end() || part->second.etag != list[i].etag) return s3_error(400, "InvalidPart");
    if (i + 1 < list.size() && part->second.size < options_.part_bytes_min) return s3_error(400, "EntityTooSmall");
    object.size += part->second.size;
    object.bytes += part->second.bytes;
  }
  upload->parts.clear();
  upload->completed = request.body;
  if (!options_.completes_again) uploads_.erase(target.upload_id);
  store(target.key, std::move(object));
  return done;
}

Answer Bucket::abort_upload(const Target& target) {
  const Upload* upload = upload_of(target);
  if (upload == nullptr || !upload->completed.empty()) return s3_error(404, "NoSuchUpload");
  uploads_.erase(target.upload_id);
  Answer done;
  done.status = 204;
  return done;
}

/// An upload belongs to one key.
Bucket::Upload* Bucket::upload_of(const Target& target) {
  const auto found = uploads_.find(target.upload_id);
  return found == uploads_.end() || found->second.key != target.key ? nullptr : &found->second;
}

void Bucket::store(const std::string& key, StoredObject object) {
  StoredObject& place = objects_[key];
  object.writes = place.writes + 1;
  place = std::move(object);
  ++counted_.writes;
}

std::string Bucket::etag_of(const std::string& bytes) {
  return options_.keep_bytes ? hex(digest_of(bytes, EVP_md5())) : fmt::format("{:032x}", ++last_id_);
}

std::optional<Answer> Bucket::checksum_fault(const ReceivedRequest& request) const {
  if (!options_.keep_bytes) return std::nullopt;
  const std::string sha256 = digest_of(request.body, EVP_sha256());
  const auto signed_over = request.headers.find("x-amz-content-sha256");
  if (signed_over != request.headers.end() && signed_over->second != "UNSIGNED-PAYLOAD" &&
      signed_over->second != hex(sha256)) {
    return s3_error(400, "XAmzContentSHA256Mismatch");
  }
  if (differs(request, "x-amz-checksum-sha256", base64(sha256)) ||
      differs(request, "content-md5", base64(digest_of(request.body, EVP_md5())))) {
    return s3_error(400, "BadDigest");
  }
  return std::nullopt;
}

}  // namespace tidegate::testing
