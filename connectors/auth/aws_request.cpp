#include "connectors/auth/aws_request.h"

#include <algorithm>

namespace tidegate::auth {

UrlParts split_url(std::string_view url) {
  const bool tls = url.starts_with("https:");
  const std::size_t scheme = url.find("://");
  if (scheme != url.npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('#'));
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  UrlParts parts;
  parts.authority = url.substr(0, end);
  const std::string_view implied = tls ? ":443" : ":80";
  if (parts.authority.ends_with(implied)) parts.authority.remove_suffix(implied.size());
  if (end == url.size() || url[end] != '/') parts.target.push_back('/');
  parts.target += url.substr(end);
  return parts;
}

Result<AwsRequestSigner> AwsRequestSigner::create(SigV4Scope scope) {
  auto signer = SigV4Signer::create(std::move(scope));
  if (!signer) return std::move(signer).error();
  return AwsRequestSigner(*std::move(signer));
}

Status AwsRequestSigner::sign(http::Request& request, const AwsKeys& keys, WallTime now) {
  const UrlParts url = split_url(request.url);
  if (!request.headers.has("Host")) request.headers.add("Host", url.authority);
  headers_.clear();
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto [name, value] = request.headers.at(i);
    headers_.push_back({name, value});
  }
  const bool bodiless = request.method == "GET" || request.method == "HEAD";
  const SigV4Body body{bodiless ? std::string_view() : request.content(), {}};
  const auto added = signer_.sign({request.method, url.target, headers_, body}, keys, now);
  if (!added) return added.error();
  for (const auto& [name, value] : *added) request.headers.add(name, value);
  return {};
}

}  // namespace tidegate::auth
