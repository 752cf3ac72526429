#pragma once

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/auth/options.h"
#include "connectors/compression/compressor.h"
#include "connectors/connector.h"
#include "connectors/http/connection.h"
#include "connectors/http/service.h"
#include "connectors/http/trials.h"
#include "connectors/stores/reply_text.h"
#include "gateway/config/option_table.h"

/// What the sinks of databases and search engines have in common: an address, a credential, gzip, and the rule that
/// what is wrong with the store or the config is never held against an event.
namespace tidegate::stores {

struct StoreOptions : http::ConnectionOptions {
  std::string url;
  auth::AuthOptions auth;
  StoredSecret token;  ///< in place of auth
  bool gzip = false;
};

/// Adds `url`, `token` and `auth`, `compression` and the options of the connection to the table of a struct that
/// derives from StoreOptions, and checks them. `token_doc`: what the service calls its token.
template <class S>
OptionTableOf<S>& add_store(OptionTableOf<S>& table, std::string_view url_doc, std::string_view token_doc) {
  table.required("url", static_cast<std::string S::*>(&S::url), url_doc)
      .secret("token", static_cast<StoredSecret S::*>(&S::token), token_doc)
      .section("auth", static_cast<auth::AuthOptions S::*>(&S::auth), auth::auth_table(), "Any other credential.")
      .option("gzip", static_cast<bool S::*>(&S::gzip), "Compress requests.");
  return http::add_connection(table);
}
/// What is wrong with them, for OptionTableOf::check().
std::optional<OptionFault> check_store(const StoreOptions& options);

/// `base` and a path that begins with /, whether or not `base` ends with one.
std::string join(std::string_view base, std::string_view path);

/// The sink. `scheme`: what stands before the token in the header Authorization.
Result<std::unique_ptr<Sink>> make_sink(const ConnectorContext& context, const StoreOptions& options,
                                        std::string_view scheme, std::unique_ptr<http::Service> service);

/// A service whose requests go to one address, compressed or not.
class StoreService : public http::Service {
 public:
  StoreService(std::string url, SinkLimits limits, Compressor compressor)
      : url_(std::move(url)), limits_(limits), compressor_(std::move(compressor)) {}

  [[nodiscard]] SinkLimits limits() const noexcept final { return limits_; }
  [[nodiscard]] const std::string& url() const noexcept final { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) final;
  /// Statuses that mean the same for every store; what refuses content is refusal()'s.
  Settled judge(const http::Reply& reply, http::Events events, WallTime now) final;
  /// The request of a batch without events.
  bool write_probe(http::Request& request) final;
  Status judge_probe(const http::Reply& reply, WallTime now) final;

 protected:
  /// Appends an event to the body. *Errors*: invalid: it can never be taken.
  virtual Status append(const OutEvent& event, std::string& body) = 0;
  /// Once, around all of the events.
  virtual void begin(std::string& /*body*/) {}
  virtual void end(std::string& /*body*/) {}
  [[nodiscard]] virtual std::string_view content_type() const noexcept = 0;
  virtual void add_headers(http::HeaderLines& /*headers*/) const {}
  /// The most bytes that a body may have.
  [[nodiscard]] virtual std::size_t body_bytes_max() const noexcept = 0;

  /// The answer says that the events were taken.
  [[nodiscard]] virtual bool is_success(const http::Reply& reply) const = 0;
  /// What an answer means that refuses for some other reason than the credential, load or an outage. By default one
  /// event alone is rejected, and several are split.
  virtual Settled refusal(const http::Reply& reply, http::Events events);
  /// What an answer with status 2xx means that is_success() has no use for. By default: not from the store.
  virtual Settled other_success(const http::Reply& reply, http::Events events);
  /// The answer to a batch without events says that the store is there and takes events of this sink.
  [[nodiscard]] virtual bool probe_passed(const http::Reply& reply) const = 0;
  /// The body of the probe.
  [[nodiscard]] virtual std::string_view probe_body() const noexcept = 0;

 private:
  const std::string url_;
  const SinkLimits limits_;
  Compressor compressor_;
  std::string plain_;  ///< the body before compression
};

/// None of the events was taken, and none is the reason: they wait until somebody mends the store or the config.
Settled mend_first(const http::Reply& reply, std::string_view remedy = {});
/// "HTTP 400: " and what the store says.
std::string reason_of(const http::Reply& reply);

/// What an answer by name ("429") means for a batch.
std::optional<Settled> judge_named(http::Service& service, const PeerAnswer& answer);

/// The functions of a store's row of the registry. `S` is its StoreService, made of its options `O`, a context and a
/// compressor.
template <class S, class O>
struct Row {
  static Result<std::unique_ptr<S>> service(const O& options, const ConnectorContext& context, bool gzip) {
    auto compressor = Compressor::create(gzip ? Compression::gzip : Compression::none);
    if (!compressor) return std::move(compressor).error();
    return std::make_unique<S>(options, context, *std::move(compressor));
  }
  static Result<std::unique_ptr<Sink>> make(const ConnectorContext& context, const std::any& any_options,
                                            std::string_view scheme) {
    const auto& options = std::any_cast<const O&>(any_options);
    auto made = service(options, context, options.gzip);
    if (!made) return std::move(made).error();
    return make_sink(context, options, scheme, *std::move(made));
  }
  static std::optional<Settled> judge(const PeerAnswer& answer) {
    const SystemClock clock;
    ConnectorContext context;
    context.clock = &clock;
    auto made = service({}, context, false);
    return made ? judge_named(**made, answer) : std::nullopt;
  }
  static Result<Preview> show(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
    auto made = service(std::any_cast<const O&>(options), context, false);
    if (!made) return std::move(made).error();
    return http::preview_alone(**made, event);
  }
};

}  // namespace tidegate::stores
