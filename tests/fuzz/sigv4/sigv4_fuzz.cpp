#include "sigv4_fuzz.h"

#include <algorithm>
#include <string>
#include <vector>

#include "connectors/auth/aws_sigv4.h"
#include "connectors/auth/limits.h"
#include "tests/fuzz/require.h"

namespace tidegate {
namespace {

using auth::CanonicalPath;
using auth::HeaderField;

using test::require;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void check_path(std::string_view path) {
  for (const auto rule : {CanonicalPath::normalized, CanonicalPath::as_sent, CanonicalPath::encoded_once}) {
    std::string out = "before";
    auth::append_canonical_path(path, rule, out);
    const std::string canonical = out.substr(6);
    require(out.starts_with("before"), "what was there stays");
    require(canonical.starts_with('/'), "a path begins with a slash");
    require(std::ranges::all_of(canonical, [](char c) { return c > ' ' && c <= '~' && c != '?' && c != '&'; }),
            "a canonical path is plain ASCII");
    if (rule == CanonicalPath::normalized) {
      require(canonical.find("//") == std::string::npos && (canonical + '/').find("/../") == std::string::npos &&
                  (canonical + '/').find("/./") == std::string::npos,
              "nothing is left to normalize");
    }
    if (rule == CanonicalPath::encoded_once) {
      std::string again;
      auth::append_canonical_path(canonical, rule, again);
      require(again == canonical, "encoding once is encoding once");
    }
  }
}

std::string canonical_query(std::string_view query) {
  auth::CanonicalRequest request;
  request.write("GET", "/?" + std::string(query), CanonicalPath::normalized, "h");
  const std::string_view rest = request.text().substr(std::string_view("GET\n/\n").size());
  return std::string(rest.substr(0, rest.find('\n')));
}

void check_query(std::string_view query) {
  const std::string once = canonical_query(query);
  require(canonical_query(once) == once, "a canonical query is canonical");
  std::string turned;
  for (std::string_view rest = query; !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    turned.insert(0, std::string(rest.substr(0, end)) + "&");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  require(canonical_query(turned) == once, "the order of a query does not matter");
}

std::string signature(auth::SigV4Signer& signer, std::string_view target, std::span<const HeaderField> headers) {
  const auth::AwsKeys keys{"AKIDEXAMPLE", Secret("secret"), Secret("token")};
  const auto added = signer.sign({"POST", target, headers, {"body", {}}}, keys, WallTime{});
  if (!added) {
    require(!added.error().message.empty(), "a refusal has a reason");
    return {};
  }
  const std::string_view text = signer.canonical_request();
  require(std::ranges::count(text, '\n') >= 5, "a canonical request has its parts");
  require(text.find(signer.string_to_sign()) == std::string_view::npos, "two texts");
  return std::string(added->front().value);
}

}  // namespace

void sign_any_request(std::string_view bytes) {
  if (bytes.size() > 2 * limits::kSignedTargetBytesMax) return;
  const std::string_view target = take_line(bytes);
  const std::size_t mark = std::min(target.find('?'), target.size());
  check_path(target.substr(0, mark));
  if (mark < target.size()) check_query(target.substr(mark + 1));
  std::vector<HeaderField> headers{{"Host", "h"}};
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    const std::size_t colon = std::min(line.find(':'), line.size());
    headers.push_back({line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))});
  }
  for (const char* service : {"s3", "sqs"}) {
    auto signer = auth::SigV4Signer::create(auth::SigV4Scope::of("eu-central-1", service));
    require(bool(signer), "a signer");
    const std::string first = signature(*signer, target, headers);
    require(signature(*signer, target, headers) == first, "the same request has the same signature");
    auto host_last = headers;
    const bool one_host =
        std::ranges::count_if(headers, [](const HeaderField& field) { return field.name.size() == 4; }) == 1;
    std::ranges::rotate(host_last, host_last.begin() + 1);
    if (one_host) require(signature(*signer, target, host_last) == first, "the order of names does not matter");
  }
}

}  // namespace tidegate
