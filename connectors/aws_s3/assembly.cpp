#include "connectors/aws_s3/assembly.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

namespace tidegate::aws_s3 {
namespace {

/// *Source*: XML 1.0, section 2.4.
void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
}

}  // namespace

void Assembly::drop_trial() {
  content.resize(kept_bytes_);
  part_on_trial_.reset();
  if (!kept_) key.clear();
}

void Assembly::begun() {
  if (key != upload_key_) upload.clear();
}

void Assembly::keep() {
  kept_ = true;
  if (part_on_trial_) {
    parts_.push_back(*std::exchange(part_on_trial_, std::nullopt));
    content.clear();
  }
  kept_bytes_ = content.size();
}

void Assembly::upload_begun(std::string id) {
  upload = std::move(id);
  upload_key_ = key;
}

void Assembly::part_taken(UploadedPart part) { part_on_trial_ = std::move(part); }

void Assembly::clear() {
  std::string().swap(content);  // an assignment would keep its memory
  *this = Assembly();
}

std::string Assembly::list_of_parts() const {
  std::string xml = R"(<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)";
  std::size_t number = 0;
  const auto add = [&](const UploadedPart& part) {
    fmt::format_to(std::back_inserter(xml), "<Part><PartNumber>{}</PartNumber><ETag>", ++number);
    append_escaped(part.etag, xml);
    xml += "</ETag>";
    if (!part.sha256.empty()) xml += "<ChecksumSHA256>" + part.sha256 + "</ChecksumSHA256>";
    xml += "</Part>";
  };
  for (const UploadedPart& part : parts_) add(part);
  if (part_on_trial_) add(*part_on_trial_);
  return xml + "</CompleteMultipartUpload>";
}

}  // namespace tidegate::aws_s3
