#include "gateway/spool/backfill.h"

#include "gateway/spool/record.h"
#include "gateway/spool/spool_limits.h"

namespace tidegate {

namespace {

/// Adds the lane's runs to a block; how many of its events it wants.
std::uint32_t claim(Store& store, const Books& books, BlockCodec& codec, BlockHead& head, LaneId id,
                    const LaneSpec& spec) {
  std::string raw;
  // A body that cannot be read is found again, and set aside, by whoever reads it next.
  if (!store.read_block(head.first, codec, raw)) return 0;
  RecordWalk walk(raw);
  std::string_view record;
  Event event;
  SourceId source;
  const std::string unknown;
  for (std::uint32_t index = 0; walk.next(record); ++index) {
    if (!get_record(record, event, source)) continue;
    const auto book = books.sources().find(source);
    const std::string& name = book == books.sources().end() ? unknown : book->second.name;
    // A copy belongs to the lane that it was made for; the event itself has been here before it.
    if (!is_internal_source(name) && spec.wants(event, name)) head.lanes.add(id, index);
  }
  const LaneRuns* const runs = head.lanes.find(id);
  if (runs == nullptr) return 0;
  store.put_lanes(head);
  return runs->events;
}

}  // namespace

std::string backfill_name(const std::string& route) { return "(backfill) " + route; }

Status backfill(Store& store, Books& books, LaneId id, const LaneSpec& spec) {
  BlockCodec codec;
  for (Seq from{0};;) {
    store.begin();
    books.begin();
    LaneBook& lane = *books.edit(id);
    auto heads = store.heads(Seq{from.value + 1}, books.spool.last, limits::kBackfillBlocksPerCommit);
    for (BlockHead& head : heads) {
      from = head.last();
      const bool early = spec.start.kind == StartAt::Kind::time && head.committed_at < spec.start.time;
      // A block that has the lane was claimed before a start that was cut short.
      if (head.damaged || early || head.lanes.find(id) != nullptr) continue;
      lane.received += claim(store, books, codec, head, id, spec);
    }
    const bool done = heads.size() < limits::kBackfillBlocksPerCommit;
    if (done) {
      lane.route = spec.route;
      store.rename_lane(lane);
    }
    store.put_lane(lane);
    if (Status committed = store.commit(); !committed) return committed;
    if (Status copied = store.checkpoint_if_due(limits::kWalCheckpointBytes); !copied) return copied;
    if (done) return {};
  }
}

}  // namespace tidegate
