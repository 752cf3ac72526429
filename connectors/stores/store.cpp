#include "connectors/stores/store.h"

#include <fmt/format.h>

#include "connectors/auth/make_auth.h"
#include "connectors/http/limits.h"
#include "connectors/http/sink.h"
#include "connectors/http/trials.h"

namespace tidegate::stores {

std::optional<OptionFault> check_store(const StoreOptions& options) {
  if (auto fault = http::url_fault(options.url)) return OptionFault{"url", *std::move(fault)};
  if (options.url.find('?') != std::string::npos) return OptionFault{"url", "has a query; only the address is wanted"};
  if (!options.token.empty() && options.auth.type != auth::AuthType::none) {
    return OptionFault{"auth", "has no effect beside token; keep one of them"};
  }
  return std::nullopt;
}

std::string join(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + std::string(path);
}

Result<std::unique_ptr<Sink>> make_sink(const ConnectorContext& context, const StoreOptions& options,
                                        std::string_view scheme, std::unique_ptr<http::Service> service) {
  auth::AuthOptions credential = options.auth;
  if (!options.token.empty()) {
    credential.type = auth::AuthType::bearer;
    credential.token = options.token;
    credential.scheme = scheme;
  }
  auto auth = auth::make_auth(credential, options);
  if (!auth) return std::move(auth).error();
  return http::HttpSink::create(context, options, std::move(service), *std::move(auth));
}

void StoreService::write(http::Events events, http::Request& request, http::Written& written) {
  const bool compressed = !compressor_.content_encoding().empty();
  std::string& body = compressed ? plain_ : request.body;
  body.clear();
  begin(body);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (Status appended = append(*events[i], body); !appended) written.unfit(i, std::move(appended).error().message);
  }
  end(body);
  if (body.size() > body_bytes_max()) {
    return written.too_large(
        fmt::format("a request of {} bytes, more than the {} that are sent at once", body.size(), body_bytes_max()));
  }
  request.url = url_;
  request.headers.add("Content-Type", content_type());
  add_headers(request.headers);
  if (!compressed) return;
  if (const Status done = compressor_.compress(plain_, request.body); !done) {
    return written.failed(done.error().message);
  }
  request.headers.add("Content-Encoding", compressor_.content_encoding());
  if (plain_.capacity() > limits::kHttpBodyBytesKept) std::string().swap(plain_);
}

Settled StoreService::judge(const http::Reply& reply, http::Events events, WallTime now) {
  if (reply.status >= 200 && reply.status < 300) {
    if (reply.cut) return other_success(reply, events);
    return is_success(reply) ? http::settled({{Fate::delivered, {}}, Cause::none, std::nullopt})
                             : other_success(reply, events);
  }
  if (reply.status == 404 || reply.status == 405) return mend_first(reply);
  http::Verdict verdict = http::judge(reply, events.size(), now);
  if (verdict.cause == Cause::poison_suspected) return refusal(reply, events);
  // What the store says tells people more than its status.
  if (reply.status >= 400) verdict.outcome.reason = reason_of(reply);
  return http::settled(std::move(verdict));
}

Settled StoreService::refusal(const http::Reply& reply, http::Events events) {
  const Fate fate = events.size() == 1 ? Fate::rejected : Fate::retry;
  return http::settled({{fate, reason_of(reply)}, Cause::poison_suspected, std::nullopt});
}

Settled StoreService::other_success(const http::Reply& reply, http::Events /*events*/) {
  return http::settled(
      {{Fate::unknown, reason_of(reply) + ": not an answer of the service; does something else listen at url?"},
       Cause::peer_down,
       std::nullopt});
}

bool StoreService::write_probe(http::Request& request) {
  request.url = url_;
  request.headers.add("Content-Type", content_type());
  add_headers(request.headers);
  request.body = probe_body();
  return true;
}

Status StoreService::judge_probe(const http::Reply& reply, WallTime now) {
  if (probe_passed(reply)) return {};
  const bool accepted = reply.status >= 200 && reply.status < 300;
  if (accepted) return Error{ErrorCode::refused, other_success(reply, {}).outcomes.front().reason};
  const http::Verdict verdict = http::judge(reply, 1, now);
  const bool by_itself = verdict.cause == Cause::peer_down || verdict.cause == Cause::throttled;
  ErrorCode code = by_itself ? ErrorCode::unavailable : ErrorCode::refused;
  if (reply.status == 404) code = ErrorCode::not_found;
  return Error{code, reason_of(reply)};
}

Settled mend_first(const http::Reply& reply, std::string_view remedy) {
  return http::settled({{Fate::retry, fmt::format("{}{}", reason_of(reply), remedy)}, Cause::peer_down, std::nullopt});
}

std::string reason_of(const http::Reply& reply) {
  const std::string text = reply_text(reply.body);
  return text.empty() ? fmt::format("HTTP {}", reply.status) : fmt::format("HTTP {}: {}", reply.status, text);
}

std::optional<Settled> judge_named(http::Service& service, const PeerAnswer& answer) {
  http::TrialReply trial;
  if (!http::fill_trial_reply(answer, 0, trial)) return std::nullopt;
  // A case that says no more than the status means the answer of a service that is well.
  if (trial.reply.status < 300 && answer.words.empty()) {
    return http::settled({{Fate::delivered, {}}, Cause::none, std::nullopt});
  }
  static const OutEvent kAny;
  const std::vector<const OutEvent*> events(answer.events, &kAny);
  return service.judge(trial.reply, events, WallTime{});
}

}  // namespace tidegate::stores
