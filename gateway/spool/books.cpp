#include "gateway/spool/books.h"

#include "gateway/spool/checksum.h"
#include "gateway/spool/lane_runs.h"
#include "gateway/spool/varint.h"

namespace tidegate {

std::uint64_t LaneBook::digest() const {
  std::string out;
  put_bytes(out, route);
  put_bytes(out, sink);
  put_bytes(out, ahead.encode());
  for (const std::uint64_t n : {std::uint64_t{id.value}, cursor.value, received, delivered, filtered, dead, expired,
                                evicted, lost, removed, dropped})
    put_varint(out, n);
  return checksum(out);
}

std::uint64_t SourceBook::digest() const {
  std::string out;
  put_bytes(out, name);
  for (const std::uint64_t n : {std::uint64_t{id.value}, received, routed, filtered, evicted, repeats, kept})
    put_varint(out, n);
  return checksum(out);
}

std::uint64_t SpoolBook::digest() const {
  std::string out;
  for (const std::uint64_t n : {commits, last.value, static_cast<std::uint64_t>(age.count()),
                                static_cast<std::uint64_t>(wall.time_since_epoch().count()), unaccounted})
    put_varint(out, n);
  return checksum(out);
}

std::uint64_t state_digest(StateOf of, std::uint32_t owner, std::string_view key, std::string_view value) {
  std::string out;
  put_varint(out, owner);
  put_bytes(out, key);
  put_bytes(out, value);
  return checksum(out, static_cast<std::uint64_t>(of));
}

std::uint64_t LaneBook::unsettled(Seq block_first, const LaneRuns& runs) const noexcept {
  std::uint64_t n = 0;
  for (const LaneRuns::Run& run : runs.runs) {
    const Seq before{block_first.value + run.first - 1};
    const Seq last{before.value + run.size};
    if (last <= cursor) continue;
    const Seq from = before < cursor ? cursor : before;
    n += last.value - from.value - ahead.count(from, last);
  }
  return n;
}

const LaneBook* Books::lane(LaneId id) const noexcept {
  const auto at = lanes_.find(id);
  return at == lanes_.end() ? nullptr : &at->second;
}

const LaneBook* Books::lane(const std::string& route, const std::string& sink) const noexcept {
  for (const auto& [id, lane] : lanes_)
    if (lane.route == route && lane.sink == sink) return &lane;
  return nullptr;
}

void Books::begin() {
  spool_before_ = spool;
  lanes_before_.clear();
  sources_before_.clear();
}

LaneBook* Books::edit(LaneId id) {
  const auto at = lanes_.find(id);
  if (at == lanes_.end()) return nullptr;
  lanes_before_.try_emplace(id, at->second);
  return &at->second;
}

void Books::erase(LaneId id) {
  if (edit(id) != nullptr) lanes_.erase(id);
}

SourceBook* Books::edit(SourceId id) {
  const auto at = sources_.find(id);
  if (at == sources_.end()) return nullptr;
  sources_before_.try_emplace(id, at->second);
  return &at->second;
}

std::vector<LaneBook*> Books::edited_lanes() {
  std::vector<LaneBook*> out;
  for (const auto& [id, before] : lanes_before_)
    if (const auto at = lanes_.find(id); at != lanes_.end()) out.push_back(&at->second);
  return out;
}

std::vector<SourceBook*> Books::edited_sources() {
  std::vector<SourceBook*> out;
  for (const auto& [id, before] : sources_before_) out.push_back(&sources_.at(id));
  return out;
}

void Books::rollback() {
  spool = spool_before_;
  for (auto& [id, before] : lanes_before_) lanes_.insert_or_assign(id, std::move(before));
  for (auto& [id, before] : sources_before_) sources_.at(id) = std::move(before);
  lanes_before_.clear();
  sources_before_.clear();
}

}  // namespace tidegate
