#include "connectors/net/server_tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/receiver/test_certs.h"

namespace tidegate {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

class ServerTls : public ::testing::Test {
 protected:
  ServerTls() {
    std::filesystem::remove_all(dir_);
    certs_ = *testing::make_test_certs(dir_ / "right");
    strangers_ = *testing::make_test_certs(dir_ / "wrong");
  }
  ~ServerTls() override { std::filesystem::remove_all(dir_); }

  struct Met {
    error_code server, client;
    std::optional<PeerIdentity> identity;
  };

  /// A handshake between a server of these options and a client that shows `shown` (null: nothing).
  Met meet(const TlsServerOptions& options, const testing::TestCerts* shown, int version_max = TLS1_3_VERSION) {
    const auto server_tls = make_server_tls(options);
    EXPECT_TRUE(server_tls) << server_tls.error().message;
    ssl::context client_tls(ssl::context::tls_client);
    client_tls.load_verify_file(certs_.ca_cert.string());
    client_tls.set_verify_mode(ssl::verify_peer);
    SSL_CTX_set_max_proto_version(client_tls.native_handle(), version_max);
    SSL_CTX_set_security_level(client_tls.native_handle(), 0);
    if (shown != nullptr) {
      client_tls.use_certificate_chain_file(shown->client_cert.string());
      client_tls.use_private_key_file(shown->client_key.string(), ssl::context::pem);
    }
    asio::io_context net(1);
    tcp::acceptor acceptor(net, {asio::ip::make_address("127.0.0.1"), 0});
    ssl::stream<tcp::socket> client(net, client_tls), server(net, **server_tls);
    client.next_layer().connect(acceptor.local_endpoint());
    acceptor.accept(server.next_layer());
    Met met;
    bool shook = false;
    server.async_handshake(ssl::stream_base::server, [&](const error_code& error) {
      met.server = error;
      shook = true;
      server.next_layer().shutdown(tcp::socket::shutdown_send);
    });
    client.async_handshake(ssl::stream_base::client, [&](const error_code& error) {
      met.client = error;
      if (error) client.next_layer().close();
    });
    net.run();
    EXPECT_TRUE(shook);
    met.identity = peer_identity(server.native_handle());
    return met;
  }

  const std::filesystem::path dir_ = ::testing::TempDir() + "tidegate-server-tls-" + std::to_string(getpid());
  testing::TestCerts certs_, strangers_;
};

TEST_F(ServerTls, AClientsSubjectIsKnownOnceItsCertificateIsVerified) {
  const auto met = meet({certs_.server_cert, certs_.server_key, certs_.ca_cert, true}, &certs_);
  EXPECT_FALSE(met.server) << met.server.message();
  ASSERT_TRUE(met.identity);
  EXPECT_EQ(met.identity->common_name, "tidegate-test-client");
  EXPECT_NE(met.identity->subject.find("CN=tidegate-test-client"), std::string::npos) << met.identity->subject;
}

TEST_F(ServerTls, TurnsAwayClientsWithoutACertificateOrWithAStrangers) {
  const TlsServerOptions strict{certs_.server_cert, certs_.server_key, certs_.ca_cert, true};
  EXPECT_TRUE(meet(strict, nullptr).server);
  const auto stranger = meet(strict, &strangers_);
  EXPECT_TRUE(stranger.server);
  EXPECT_FALSE(stranger.identity);
}

TEST_F(ServerTls, ACertificateMayBeOptional) {
  const TlsServerOptions lenient{certs_.server_cert, certs_.server_key, certs_.ca_cert, false};
  EXPECT_FALSE(meet(lenient, nullptr).server);
  EXPECT_FALSE(meet(lenient, nullptr).identity);
  EXPECT_TRUE(meet(lenient, &strangers_).server) << "a certificate that is shown must still be good";
}

TEST_F(ServerTls, RefusesVersionsBefore12) {
  const TlsServerOptions plain{certs_.server_cert, certs_.server_key, {}, true};
  EXPECT_TRUE(meet(plain, nullptr, TLS1_1_VERSION).server);
  EXPECT_FALSE(meet(plain, nullptr, TLS1_2_VERSION).server);
}

TEST_F(ServerTls, ErrorsNameTheFileAndTheOption) {
  const auto mixed = make_server_tls({certs_.server_cert, strangers_.server_key, {}, true});
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message.find("key_file"), std::string::npos) << mixed.error().message;
  EXPECT_NE(mixed.error().message.find(strangers_.server_key.string()), std::string::npos);

  const auto no_authority = dir_ / "empty.pem";
  std::ofstream(no_authority) << "nothing\n";
  const auto empty = make_server_tls({certs_.server_cert, certs_.server_key, no_authority, true});
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().message.find("client_ca_file"), std::string::npos) << empty.error().message;
}

TEST_F(ServerTls, TheTableWantsCertificateAndKey) {
  EXPECT_FALSE(server_tls_table().parse_text("cert_file: " + certs_.server_cert.string()));
  EXPECT_TRUE(server_tls_table().parse_text("cert_file: " + certs_.server_cert.string() +
                                            "\nkey_file: " + certs_.server_key.string()));
}

}  // namespace
}  // namespace tidegate
