#pragma once

#include <chrono>
#include <cstddef>

/// The maxima of credentials and signatures, each with its reason.
namespace tidegate::limits {

/// Largest answer of a token endpoint that is read. A token with many group claims is some 20 KiB; header fields, where
/// it has to go, end at 32 KiB or less with common servers.
inline constexpr std::size_t kTokenReplyBytesMax = 64u << 10;
/// Longest token that is used, for the same reason.
inline constexpr std::size_t kTokenBytesMax = 32u << 10;
/// Bytes of an error description that a reason quotes: a sentence, not a page.
inline constexpr std::size_t kTokenErrorBytesMax = 256;
/// How long a token is used whose endpoint does not say how long it lives. One that dies sooner is replaced on its 401.
inline constexpr std::chrono::seconds kTokenLifetimeAssumed{300};
/// Longest lifetime that is believed; a longer one costs a request a day.
inline constexpr std::chrono::seconds kTokenLifetimeMax{24 * 3600};
/// A token is replaced this long before it expires (a quarter of its life when that is shorter): time for many tries.
inline constexpr std::chrono::seconds kTokenRenewalTime{300};
/// A token is not used in the last moments of its life (a tenth of it when that is shorter): a request takes time, too.
inline constexpr std::chrono::seconds kTokenLastMoments{10};
/// How long an assertion is good that is exchanged for a token at once (Google takes up to an hour, others less).
inline constexpr std::chrono::seconds kAssertionLifetime{300};
/// How far an assertion is dated back: the clock that checks it may be a little behind.
inline constexpr std::chrono::seconds kAssertionBackdated{10};
/// Difference to a peer's clock that is none: Date has whole seconds, and an answer travels.
inline constexpr std::chrono::seconds kClockSkewIgnored{30};
/// Longest Date that is read; an HTTP-date has 29 characters.
inline constexpr std::size_t kDateBytesMax = 64;
/// Shortest RSA key that signs (RFC 7518, section 3.3).
inline constexpr int kRsaBitsMin = 2048;
/// Longest RSA key that signs: one signature of 16,384 bits already takes tens of milliseconds.
inline constexpr int kRsaBitsMax = 16'384;
/// Largest key, certificate or service account file: a few kilobytes each.
inline constexpr std::size_t kKeyFileBytesMax = 64u << 10;
/// Secrets that sign one webhook. A rotation needs two; a header of more serves nobody.
inline constexpr std::size_t kWebhookSecretsMax = 8;
/// Bytes of one webhook secret, decoded (Standard Webhooks 1.0, signature scheme).
inline constexpr std::size_t kWebhookSecretBytesMin = 24;
inline constexpr std::size_t kWebhookSecretBytesMax = 64;
/// Headers of one request that are signed. Servers commonly stop at 100; the attributes of an event may add 64.
inline constexpr std::size_t kSignedHeadersMax = 256;
/// Path and query of a request that is signed; servers commonly stop at 8 or 16 KiB.
inline constexpr std::size_t kSignedTargetBytesMax = 16u << 10;
/// Between two tries to replace a credential that still holds: a provider that is down is not hammered.
inline constexpr std::chrono::seconds kErrandPause{10};
/// One step of an errand that runs a program or reads files; the lane stands still as long.
inline constexpr std::chrono::seconds kErrandStepMax{10};
/// Requests of one errand; the longest honest one has three (a session token, a role, its keys).
inline constexpr int kErrandRequestsMax = 8;
/// Largest output of a program that prints a credential; a token is the longest part of it.
inline constexpr std::size_t kProgramOutputBytesMax = 64u << 10;
/// Largest file of AWS profiles. A company's list of accounts has some hundreds of lines.
inline constexpr std::size_t kProfileFileBytesMax = 1u << 20;
/// Profiles of both files together.
inline constexpr std::size_t kProfilesMax = 4096;
/// Profiles on the way from the one that is asked for to the keys.
inline constexpr std::size_t kProfileChainMax = 5;
/// How long before their end AWS keys are replaced: AWS gives an instance's new ones at least this early.
inline constexpr std::chrono::minutes kKeyRenewalAhead{5};
/// The metadata service and container agents are on the same machine; where there is none, nobody answers.
inline constexpr std::chrono::milliseconds kMetadataConnectMax{2'000};
inline constexpr std::chrono::milliseconds kMetadataReplyMax{5'000};

}  // namespace tidegate::limits
