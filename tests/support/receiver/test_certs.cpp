#include "tests/support/receiver/test_certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <system_error>

namespace tidegate::testing {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, FreeWith<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, FreeWith<std::fclose>>;

constexpr long kDay = 86'400;

struct Identity {
  Key key;
  Cert cert;
};

bool add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(cert, extension.get(), -1) == 1;
}

/// A key pair and an unsigned certificate that names it.
Identity make_identity(const std::string& common_name) {
  Identity made{Key(EVP_EC_gen("P-256")), Cert(X509_new())};
  if (!made.key || !made.cert) return {};
  X509* cert = made.cert.get();
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3650 * kDay);
  X509_set_pubkey(cert, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return made;
}

bool sign(Identity& subject, const Identity& issuer) {
  X509_set_issuer_name(subject.cert.get(), X509_get_subject_name(issuer.cert.get()));
  return X509_sign(subject.cert.get(), issuer.key.get(), EVP_sha256()) > 0;
}

bool write_cert(const std::filesystem::path& path, X509* cert) {
  const File file(std::fopen(path.c_str(), "w"));
  return file && PEM_write_X509(file.get(), cert) == 1;
}

bool write_key(const std::filesystem::path& path, EVP_PKEY* key) {
  const File file(std::fopen(path.c_str(), "w"));
  return file && PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
}

bool make_authority(Identity& ca) {
  ca = make_identity("tidegate test authority");
  return ca.cert && add_extension(ca.cert.get(), ca.cert.get(), NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(ca.cert.get(), ca.cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
         add_extension(ca.cert.get(), ca.cert.get(), NID_subject_key_identifier, "hash") && sign(ca, ca);
}

bool make_leaf(Identity& leaf, const Identity& ca, const std::string& name, const std::string& usage,
               const std::string& alternative_names) {
  leaf = make_identity(name);
  return leaf.cert && add_extension(leaf.cert.get(), ca.cert.get(), NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(leaf.cert.get(), ca.cert.get(), NID_ext_key_usage, usage) &&
         add_extension(leaf.cert.get(), ca.cert.get(), NID_authority_key_identifier, "keyid") &&
         (alternative_names.empty() ||
          add_extension(leaf.cert.get(), ca.cert.get(), NID_subject_alt_name, alternative_names)) &&
         sign(leaf, ca);
}

}  // namespace

Result<TestCerts> make_test_certs(const std::filesystem::path& directory, const std::string& server_names) {
  std::error_code ignored;  // a directory that cannot be made shows when the files are written
  std::filesystem::create_directories(directory, ignored);
  TestCerts paths{directory / "ca.pem", directory / "server.pem", directory / "server.key", directory / "client.pem",
                  directory / "client.key"};
  Identity ca, server, client;
  if (!make_authority(ca) || !make_leaf(server, ca, "localhost", "serverAuth", server_names) ||
      !make_leaf(client, ca, "tidegate-test-client", "clientAuth", "")) {
    return Error{ErrorCode::invalid, "OpenSSL made no certificates; are the server names valid: " + server_names};
  }
  if (!write_cert(paths.ca_cert, ca.cert.get()) || !write_cert(paths.server_cert, server.cert.get()) ||
      !write_key(paths.server_key, server.key.get()) || !write_cert(paths.client_cert, client.cert.get()) ||
      !write_key(paths.client_key, client.key.get())) {
    return Error{ErrorCode::io, "cannot write certificates into " + directory.string()};
  }
  return paths;
}

}  // namespace tidegate::testing
