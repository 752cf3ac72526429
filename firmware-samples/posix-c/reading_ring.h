#ifndef TIDEGATE_READING_RING_H
#define TIDEGATE_READING_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Readings that the server has not acknowledged yet, oldest first, in memory of a fixed size.

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /// A power of two, so that numbers may wrap. At most 32768: packet ids stay distinct.
  kRingReadings = 256,
  /// What makes a slot 64 bytes: a short JSON object.
  kReadingBytesMax = 62,
};

typedef struct {
  uint8_t length;
  bool acknowledged;  ///< while an older one is not
  char bytes[kReadingBytesMax];
} Reading;

/// Readings carry consecutive numbers: [first, end) are held, and of these [first, next) were sent on this connection.
/// The numbers wrap, so they are compared by their distance from `first`.
typedef struct {
  Reading slots[kRingReadings];
  uint32_t first;
  uint32_t next;
  uint32_t fresh;  ///< readings before it were sent once, on this connection or an earlier one
  uint32_t end;
  uint32_t overwritten;  ///< readings lost because the ring was full
} ReadingRing;

void ring_init(ReadingRing* ring);

/// Adds the newest reading. When the ring is full, it takes the place of the oldest, which is counted in `overwritten`.
/// False: longer than kReadingBytesMax, not taken.
bool ring_push(ReadingRing* ring, const char* bytes, size_t length);

/// The reading to send next, already marked as sent; NULL when every one was sent. Its packet id goes to `packet_id`;
/// `again` says that it went out before, on an earlier connection. Valid until the next ring_push().
const Reading* ring_send_next(ReadingRing* ring, uint16_t* packet_id, bool* again);

/// The server has this one. False: no reading of that id is waiting (it may have been overwritten since).
bool ring_acknowledge(ReadingRing* ring, uint16_t packet_id);

/// The connection is gone: what is not acknowledged will be sent again.
void ring_rewind(ReadingRing* ring);

uint32_t ring_held(const ReadingRing* ring);
uint32_t ring_in_flight(const ReadingRing* ring);

#ifdef __cplusplus
}
#endif
#endif
