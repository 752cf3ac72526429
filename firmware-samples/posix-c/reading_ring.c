#include "reading_ring.h"

#include <string.h>

enum { kSlotMask = kRingReadings - 1, kPacketIdMask = 0x7fff };

// 1 to 32768, and in step with the numbers when they wrap. 0 is no packet id.
static uint16_t packet_id_of(uint32_t number) { return (uint16_t)((number & kPacketIdMask) + 1); }

static void drop_first(ReadingRing* ring) {
  if (ring->next == ring->first) ++ring->next;
  if (ring->fresh == ring->first) ++ring->fresh;
  ++ring->first;
}

static void drop_acknowledged(ReadingRing* ring) {
  while (ring->first != ring->end && ring->slots[ring->first & kSlotMask].acknowledged) drop_first(ring);
}

void ring_init(ReadingRing* ring) { memset(ring, 0, sizeof *ring); }

uint32_t ring_held(const ReadingRing* ring) { return ring->end - ring->first; }

uint32_t ring_in_flight(const ReadingRing* ring) { return ring->next - ring->first; }

bool ring_push(ReadingRing* ring, const char* bytes, size_t length) {
  if (length > kReadingBytesMax) return false;
  if (ring_held(ring) == kRingReadings) {
    ++ring->overwritten;
    drop_first(ring);
    drop_acknowledged(ring);
  }
  Reading* slot = &ring->slots[ring->end++ & kSlotMask];
  slot->length = (uint8_t)length;
  slot->acknowledged = false;
  memcpy(slot->bytes, bytes, length);
  return true;
}

const Reading* ring_send_next(ReadingRing* ring, uint16_t* packet_id, bool* again) {
  while (ring->next != ring->end) {
    const uint32_t number = ring->next++;
    *again = number - ring->first < ring->fresh - ring->first;
    if (!*again) ring->fresh = ring->next;
    const Reading* slot = &ring->slots[number & kSlotMask];
    if (slot->acknowledged) continue;
    *packet_id = packet_id_of(number);
    return slot;
  }
  return NULL;
}

bool ring_acknowledge(ReadingRing* ring, uint16_t packet_id) {
  const uint32_t offset = (uint32_t)(packet_id - packet_id_of(ring->first)) & kPacketIdMask;
  if (packet_id == 0 || packet_id > kPacketIdMask + 1 || offset >= ring_in_flight(ring)) return false;
  Reading* slot = &ring->slots[(ring->first + offset) & kSlotMask];
  if (slot->acknowledged) return false;
  slot->acknowledged = true;
  drop_acknowledged(ring);
  return true;
}

void ring_rewind(ReadingRing* ring) { ring->next = ring->first; }
