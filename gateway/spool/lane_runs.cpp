#include "gateway/spool/lane_runs.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "gateway/spool/varint.h"

namespace tidegate {

namespace {

constexpr std::size_t kChecksumBytes = 4;

std::string checksum(std::string_view bytes, Seq first, std::uint32_t count) {
  const std::uint64_t hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(), first.value * 4096 + count);
  std::string out;
  for (unsigned shift = 0; shift < 8 * kChecksumBytes; shift += 8) out.push_back(static_cast<char>(hash >> shift));
  return out;
}

}  // namespace

void BlockLanes::add(LaneId lane, std::uint32_t index) {
  auto at = std::find_if(lanes_.begin(), lanes_.end(), [&](const LaneRuns& runs) { return runs.lane == lane; });
  if (at == lanes_.end()) at = lanes_.insert(lanes_.end(), LaneRuns{lane, 0, {}});
  ++at->events;
  if (!at->runs.empty() && at->runs.back().first + at->runs.back().size == index)
    ++at->runs.back().size;
  else
    at->runs.push_back({index, 1});
}

void BlockLanes::clear() { lanes_.clear(); }

const LaneRuns* BlockLanes::find(LaneId lane) const noexcept {
  for (const LaneRuns& runs : lanes_)
    if (runs.lane == lane) return &runs;
  return nullptr;
}

std::string BlockLanes::encode(Seq first, std::uint32_t count) const {
  std::string out;
  for (const LaneRuns& lane : lanes_) {
    put_varint(out, lane.lane.value);
    put_varint(out, lane.runs.size());
    std::uint32_t after = 0;
    for (const LaneRuns::Run& run : lane.runs) {
      put_varint(out, run.first - after);
      put_varint(out, run.size);
      after = run.first + run.size;
    }
  }
  return out + checksum(out, first, count);
}

bool BlockLanes::decode(std::string_view bytes, Seq first, std::uint32_t count, BlockLanes& out) {
  out.clear();
  if (bytes.size() < kChecksumBytes) return false;
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (bytes.substr(body.size()) != checksum(body, first, count)) return false;
  ByteReader in(body);
  while (!in.at_end()) {
    LaneRuns lane;
    lane.lane = LaneId{static_cast<std::uint32_t>(in.varint())};
    const std::uint64_t runs = in.varint();
    if (!in.ok() || runs == 0 || runs > count) return false;
    lane.runs.reserve(static_cast<std::size_t>(runs));
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < runs; ++i) {
      at += in.varint();
      const std::uint64_t size = in.varint();
      if (!in.ok() || size == 0 || size > count || at > count - size) return false;
      lane.runs.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)});
      lane.events += static_cast<std::uint32_t>(size);
      at += size;
    }
    out.lanes_.push_back(std::move(lane));
  }
  return true;
}

}  // namespace tidegate
