#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "gateway/base/result.h"
#include "gateway/config/option_table.h"

namespace boost::asio::ssl {
class context;
}
struct ssl_st;

/// TLS for the sources that devices and programs connect to.
namespace tidegate {

/// How a source proves who it is, and which certificates its clients must show. Initialisers are the defaults.
struct TlsServerOptions {
  std::filesystem::path cert_file;
  std::filesystem::path key_file;
  std::filesystem::path client_ca_file;  ///< empty: clients are not asked for a certificate
  bool require_client_certificate = true;
};

/// For `.section("tls", &Options::tls, server_tls_table(), "...")` with a std::optional<TlsServerOptions>.
const OptionTableOf<TlsServerOptions>& server_tls_table();

/// A context for TLS 1.2 and 1.3 that keeps little memory per idle connection. Shared, because connections keep the
/// one they began with when files are read again for those to come.
/// *Errors*: invalid or io, naming the file and the option. *Blocks* on disk.
Result<std::shared_ptr<boost::asio::ssl::context>> make_server_tls(const TlsServerOptions& options);

/// Who a client's certificate says it is.
struct PeerIdentity {
  std::string common_name;  ///< the last one of the subject; empty: it has none
  std::string subject;      ///< as RFC 4514 writes it: "CN=pump-7,O=Plant"
};
/// Empty when the client showed no certificate that was verified. Call it after the handshake, with native_handle().
std::optional<PeerIdentity> peer_identity(const ssl_st* connection);

}  // namespace tidegate
