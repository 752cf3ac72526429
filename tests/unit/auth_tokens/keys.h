#pragma once

#include <string>

namespace tidegate::auth::test {

/// The key of RFC 7515, appendix A.2, as PEM.
extern const char* const kRfcRsaKey;
/// The key of RFC 7515, appendix A.3, as PEM.
extern const char* const kRfcEcKey;

/// A new key, as PEM (PKCS#8); encrypted when there is a passphrase.
std::string new_rsa_key(unsigned bits, const char* passphrase = nullptr);
std::string new_ec_key(const char* curve);

}  // namespace tidegate::auth::test
