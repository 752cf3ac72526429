#include "connectors/net/server_tls.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/ssl/context.hpp>
#include <utility>

namespace tidegate {

namespace {

using boost::asio::ssl::context;
using boost::system::error_code;

Error file_error(std::string_view option, const std::filesystem::path& file, const error_code& error) {
  return {ErrorCode::invalid, fmt::format("cannot use {} \"{}\": {}", option, file.string(), error.message())};
}

Status load_own_certificate(context& tls, const TlsServerOptions& options) {
  error_code error;
  if (tls.use_certificate_chain_file(options.cert_file.string(), error))
    return file_error("cert_file", options.cert_file, error);
  if (tls.use_private_key_file(options.key_file.string(), context::pem, error))
    return file_error("key_file", options.key_file, error);
  if (SSL_CTX_check_private_key(tls.native_handle()) != 1)
    return Error{ErrorCode::invalid, fmt::format("key_file \"{}\" is not the key of cert_file \"{}\"",
                                                 options.key_file.string(), options.cert_file.string())};
  return {};
}

Status ask_for_certificates(context& tls, const TlsServerOptions& options) {
  if (options.client_ca_file.empty()) return {};
  error_code error;
  if (tls.load_verify_file(options.client_ca_file.string(), error))
    return file_error("client_ca_file", options.client_ca_file, error);
  // The names go to the client, so that it can choose among its certificates.
  SSL_CTX_set_client_CA_list(tls.native_handle(), SSL_load_client_CA_file(options.client_ca_file.c_str()));
  const int required = options.require_client_certificate ? context::verify_fail_if_no_peer_cert : 0;
  if (tls.set_verify_mode(context::verify_peer | required, error))
    return file_error("client_ca_file", options.client_ca_file, error);
  return {};
}

}  // namespace

const OptionTableOf<TlsServerOptions>& server_tls_table() {
  static const auto table =
      OptionTableOf<TlsServerOptions>("TLS for those who connect, version 1.2 or later. Files are read at start.")
          .file("cert_file", &TlsServerOptions::cert_file, "The source's certificate and its chain, PEM.")
          .file("key_file", &TlsServerOptions::key_file, "The key of `cert_file`, PEM, not encrypted.")
          .file("client_ca_file", &TlsServerOptions::client_ca_file,
                "Authorities whose certificates clients may show, PEM; not set: clients are not asked for one.")
          .option("require_client_certificate", &TlsServerOptions::require_client_certificate,
                  "Turn away clients that show no certificate of `client_ca_file`.")
          .check([](const TlsServerOptions& o) -> std::optional<OptionFault> {
            if (o.cert_file.empty()) return OptionFault{"cert_file", "must be given for TLS"};
            if (o.key_file.empty()) return OptionFault{"key_file", "must be given for TLS"};
            return std::nullopt;
          });
  return table;
}

Result<std::shared_ptr<context>> make_server_tls(const TlsServerOptions& options) {
  auto tls = std::make_shared<context>(context::tls_server);
  SSL_CTX* raw = tls->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle connection gives its record buffers (34 KiB) back, and nothing is remembered between connections: clients
  // resume with the ticket that they hold.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kSessions[] = "tidegate";
  SSL_CTX_set_session_id_context(raw, kSessions, sizeof kSessions - 1);
  if (Status status = load_own_certificate(*tls, options); !status) return std::move(status).error();
  if (Status status = ask_for_certificates(*tls, options); !status) return std::move(status).error();
  return tls;
}

std::optional<PeerIdentity> peer_identity(const ssl_st* connection) {
  const X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  PeerIdentity identity;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) continue;
    identity.common_name.assign(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
  BIO* out = BIO_new(BIO_s_mem());
  if (out == nullptr) return identity;
  X509_NAME_print_ex(out, subject, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  if (size > 0) identity.subject.assign(text, static_cast<std::size_t>(size));
  BIO_free(out);
  return identity;
}

}  // namespace tidegate
