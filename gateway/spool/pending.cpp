#include "gateway/spool/pending.h"

#include <algorithm>

#include "gateway/base/limits.h"
#include "gateway/spool/record.h"
#include "gateway/spool/varint.h"

namespace tidegate {

namespace {

bool within_limits(const Routed& routed) {
  const Event& event = routed.event;
  if (event.data.size() > limits::kEventDataBytesMax || event.attributes.size() > limits::kEventAttributesMax)
    return false;
  if (routed.lanes.size() > limits::kLanesMax) return false;
  for (const std::string* text : {&event.id, &event.source, &event.type, &event.subject, &event.datacontenttype})
    if (text->size() > limits::kTopicBytesMax) return false;
  std::size_t bytes = 0;
  for (const auto& [name, value] : event.attributes) bytes += name.size() + value.size();
  return bytes <= limits::kEventAttributeBytesMax;
}

/// What the queue entry itself, its vectors and its receipt take.
constexpr std::size_t kOverhead = 256;

}  // namespace

PendingAppend make_pending(SpoolSubmission submission, Receipt receipt, std::uint64_t bytes_max) {
  PendingAppend pending;
  pending.source = submission.source;
  pending.yields = submission.yields;
  pending.receipt = std::move(receipt);
  pending.lane_counts.reserve(submission.events.size());
  std::string record;
  for (const Routed& routed : submission.events) {
    pending.invalid = pending.invalid || !within_limits(routed);
    if (pending.invalid) break;
    record.clear();
    put_record(record, routed.event, submission.source);
    put_bytes(pending.records, record);
    pending.lane_counts.push_back(static_cast<std::uint16_t>(routed.lanes.size()));
    pending.lanes.insert(pending.lanes.end(), routed.lanes.begin(), routed.lanes.end());
  }
  pending.invalid = pending.invalid || pending.records.size() > bytes_max;
  if (pending.invalid) {
    pending.records = {};
    pending.lane_counts = {};
    pending.lanes = {};
  } else {
    pending.state = std::move(submission.state);
    pending.repeats = submission.repeats;
  }
  pending.bytes = kOverhead + pending.records.size() + pending.lane_counts.size() * sizeof(std::uint16_t) +
                  pending.lanes.size() * sizeof(LaneId);
  for (const SourceStateChange& change : pending.state)
    pending.bytes += sizeof(change) + change.key.size() + change.value.size();
  return pending;
}

PendingSettlement make_pending(Settlement settlement, SourceId window, UniqueFunction<void(Status)> done) {
  SpoolSubmission submission{window, {}, {}, 0};
  bool named = true;
  for (Event& event : settlement.emitted) {
    named = named && !event.id.empty();
    submission.events.push_back({std::move(event), {settlement.lane}});
  }
  settlement.emitted.clear();
  std::vector<Seq>& delivered = settlement.delivered;
  if (!std::ranges::is_sorted(delivered)) std::ranges::sort(delivered);
  delivered.erase(std::unique(delivered.begin(), delivered.end()), delivered.end());
  PendingSettlement pending{std::move(settlement), make_pending(std::move(submission), {}, UINT64_MAX),
                            std::move(done)};
  for (const LaneStateChange& change : pending.settlement.state) named = named && !change.key.empty();
  pending.emitted.invalid = pending.emitted.invalid || !named;
  return pending;
}

}  // namespace tidegate
