#include "gateway/spool/lane_runs.h"

#include <algorithm>

#include "gateway/spool/checksum.h"
#include "gateway/spool/varint.h"

namespace tidegate {

namespace {

constexpr std::size_t kChecksumBytes = 4;

std::string seal_of(std::string_view bytes, std::string_view head) {
  const std::uint64_t hash = checksum(bytes, checksum(head));
  std::string out;
  for (unsigned shift = 0; shift < 8 * kChecksumBytes; shift += 8) out.push_back(static_cast<char>(hash >> shift));
  return out;
}

}  // namespace

bool LaneRuns::contains(std::uint64_t index) const noexcept {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const Run& run) { return run.first <= index && index - run.first < run.size; });
}

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

std::string BlockLanes::encode(std::string_view head) const {
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
  return out + seal_of(out, head);
}

bool BlockLanes::decode(std::string_view bytes, std::string_view head, std::uint32_t count, BlockLanes& out) {
  out.clear();
  if (bytes.size() < kChecksumBytes) return false;
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (bytes.substr(body.size()) != seal_of(body, head)) return false;
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
