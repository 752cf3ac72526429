#include "connectors/http/ingest/options.h"

#include "connectors/http/ingest/limits.h"
#include "gateway/base/limits.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate::ingest {

namespace {

using namespace std::chrono_literals;

Result<std::string> read_topic(std::string_view text) {
  if (!is_topic_name(text)) return Error{ErrorCode::invalid, "is not a topic: it may hold no + and no #"};
  return std::string(text);
}

const OptionTableOf<AuthOptions>& auth_table() {
  static const auto table =
      OptionTableOf<AuthOptions>("Clients must send one of these tokens: `Authorization: Bearer TOKEN`.")
          .option("tokens", &AuthOptions::tokens, "The tokens; more than one, so that they can be changed one by one.")
          .file("tokens_file", &AuthOptions::tokens_file, "A file with one token per line, instead of `tokens`.")
          .check([](const AuthOptions& o) -> std::optional<OptionFault> {
            if (o.tokens.empty() == o.tokens_file.empty())
              return OptionFault{"tokens", "give either tokens or tokens_file"};
            return std::nullopt;
          });
  return table;
}

const OptionTableOf<SignatureOptions>& signature_table() {
  static const auto table = OptionTableOf<SignatureOptions>(
                                "Requests are signed with HMAC-SHA256 as Standard Webhooks say (headers "
                                "webhook-id, webhook-timestamp and webhook-signature).")
                                .option("secrets", &SignatureOptions::secrets,
                                        "The secrets: `whsec_` and base64. A request signed with any of them is taken.")
                                .file("secrets_file", &SignatureOptions::secrets_file,
                                      "A file with one secret per line, instead of `secrets`.")
                                .option("tolerance", &SignatureOptions::tolerance,
                                        "How far webhook-timestamp may be off the gateway's clock.", between(1s, 24h))
                                .check([](const SignatureOptions& o) -> std::optional<OptionFault> {
                                  if (o.secrets.empty() == o.secrets_file.empty())
                                    return OptionFault{"secrets", "give either secrets or secrets_file"};
                                  return std::nullopt;
                                });
  return table;
}

const OptionTableOf<DeduplicateOptions>& repeats_table() {
  static const auto table = deduplicate_table<DeduplicateOptions>();
  return table;
}

std::optional<OptionFault> check_source(const SourceOptions& o) {
  if (!o.listen.is_local() && !o.asks_for_proof() && !o.allow_remote)
    return OptionFault{"listen",
                       "other machines can reach this address and nobody has to prove who he is; listen on 127.0.0.1, "
                       "add auth, signature or tls with client_ca_file, or set allow_remote: true"};
  if (o.signature && o.deduplicate.window < 2 * o.signature->tolerance)
    return OptionFault{"deduplicate",
                       "window must be at least twice signature.tolerance, or a signed request could be sent again by "
                       "whoever overheard it"};
  if (o.max_in_flight < o.max_body) return OptionFault{"max_in_flight", "is less than max_body"};
  return std::nullopt;
}

}  // namespace

bool SourceOptions::asks_for_proof() const {
  const bool by_certificate = tls && !tls->client_ca_file.empty() && tls->require_client_certificate;
  return auth || signature || by_certificate;
}

const OptionTableOf<SourceOptions>& source_table() {
  static const auto table =
      OptionTableOf<SourceOptions>("Takes events that programs send by HTTP POST.")
          .parsed("listen", &SourceOptions::listen, ListenAddress::parse, "ADDRESS:PORT or unix:PATH",
                  "Where it listens. A unix socket is for its owner and group only.")
          .default_text(SourceOptions{}.listen.text())
          .option("allow_remote", &SourceOptions::allow_remote,
                  "Let `listen` be an address that other machines reach although nobody has to prove who he is.")
          .parsed("topic", &SourceOptions::topic, read_topic, "a/b",
                  "Subject of events that bring none; routes filter by it.")
          .default_text("http/ and the source's name")
          .section("tls", &SourceOptions::tls, server_tls_table(), "HTTPS instead of HTTP.")
          .section("auth", &SourceOptions::auth, auth_table(), "Bearer tokens.")
          .section("signature", &SourceOptions::signature, signature_table(),
                   "Signed requests. With `auth` as well, either is enough.")
          .section("deduplicate", &SourceOptions::deduplicate, repeats_table(), "Repeats.")
          .bytes("max_body", &SourceOptions::max_body, "Largest body of a request.",
                 between(ByteSize{1024}, ByteSize{64u << 20}))
          .option("max_events", &SourceOptions::max_events, "Most events of one request.", between(1u, 100'000u))
          .option("max_connections", &SourceOptions::max_connections, "Connections open at once.", between(1u, 10'000u))
          .bytes("max_in_flight", &SourceOptions::max_in_flight,
                 "Bytes of all requests that wait for their acknowledgement; past it, new ones are told to come later.",
                 between(ByteSize{1024}, ByteSize{1u << 30}))
          .check(check_source);
  return table;
}

}  // namespace tidegate::ingest
