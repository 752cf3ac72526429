#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "connectors/aws/error_reply.h"
#include "connectors/connector.h"
#include "connectors/http/judge.h"
#include "gateway/base/clock.h"

/// Answers to requests of several entries, whose fates the service names one by one. An answer that is no success is
/// judge_refusal's. One that is cut off, or not what it should be, leaves every event unknown: it may have been taken.
namespace tidegate::aws {

/// The list `list` holds one object per entry, in the order of the request; an entry that failed has an `ErrorCode`.
Settled judge_by_position(const http::Reply& reply, std::size_t events, std::string_view list, WallTime now);

/// JSON with `Successful` and `Failed`, whose elements name entries by their `Id`: the index in the request, in
/// decimal.
Settled judge_by_id(const http::Reply& reply, std::size_t events, WallTime now);

/// The same in XML.
Settled judge_by_id_xml(const http::Reply& reply, std::size_t events, WallTime now);

/// Gathers what is said of each entry. An entry of which nothing is said, or two things, is unknown.
class EntryFates {
 public:
  explicit EntryFates(std::size_t entries) : fates_(entries) {}
  /// An index that is out of range is nobody's.
  void delivered(std::size_t index) { take(index, {{Fate::delivered, {}}, Cause::none, std::nullopt}); }
  void failed(std::size_t index, const ServiceError& error, bool sender_fault) {
    take(index, judge_entry(error, sender_fault));
  }
  Settled settled() &&;

 private:
  void take(std::size_t index, http::Verdict verdict);
  std::vector<std::optional<http::Verdict>> fates_;
};

}  // namespace tidegate::aws
