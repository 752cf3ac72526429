#ifndef TIDEGATE_PUBLISHER_H
#define TIDEGATE_PUBLISHER_H

#include "mqtt_packet.h"
#include "reading_ring.h"

/// Sends the readings of a ring to an MQTT server at QoS 1, each at least once and in order, over as many connections
/// as it takes. A reading leaves the ring when the server has acknowledged it.

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /// One outgoing packet: a CONNECT with credentials, or a PUBLISH of kReadingBytesMax on a long topic.
  kPacketBytesMax = 320,
  /// Readings sent and not acknowledged: a few round trips' worth, and no more than the ring holds.
  kWindowReadings = 16,
  /// For the server to answer a connection, a CONNECT or a PINGREQ.
  kAnswerTimeoutMs = 10000,
  /// For the server to acknowledge anything while it has something to acknowledge: far above any healthy sync.
  kAcknowledgeTimeoutMs = 60000,
  /// Before attempt n, a wait anywhere between 0 and the lesser of kBackoffFirstMs * 2^n and kBackoffMaxMs, so that a
  /// thousand devices do not come back together.
  kBackoffFirstMs = 500,
  kBackoffMaxMs = 60000,
};

/// The strings must outlive the publisher.
typedef struct {
  const char* host;
  const char* tcp_port;
  const char* topic;
  MqttConnect connect;
} PublisherSettings;

typedef enum { kWaiting, kConnecting, kGreeting, kOnline, kFinished } PublisherState;

typedef struct {
  const PublisherSettings* settings;
  ReadingRing* ring;
  PublisherState state;
  int handle;
  uint32_t wait_ms;      ///< kWaiting: until the next attempt
  uint32_t since_ms;     ///< when this state began
  uint32_t sent_ms;      ///< when a packet last began to be sent
  uint32_t ping_ms;      ///< when PINGREQ was
  uint32_t progress_ms;  ///< when an acknowledgement last came, or was last not due
  uint8_t attempts;      ///< since the last connection that was of use
  bool ping_open;        ///< PINGREQ sent, no PINGRESP yet
  bool goodbye;          ///< DISCONNECT is the next packet
  bool goodbye_begun;    ///< and is being sent
  MqttReader reader;
  uint16_t out_size, out_sent;
  uint8_t out[kPacketBytesMax];

  uint32_t acknowledged;  ///< readings
  uint32_t sent_again;    ///< PUBLISH packets with DUP
  uint32_t connections;   ///< that the server accepted
  uint32_t losses;        ///< connections and attempts that failed
  const char* trouble;    ///< why the last one did
} Publisher;

/// False: a CONNECT or a PUBLISH of the largest reading would not fit kPacketBytesMax, or the topic or the keep alive
/// is none that may be used (empty, with wildcards; zero).
bool publisher_init(Publisher* publisher, const PublisherSettings* settings, ReadingRing* ring);

/// Does what can be done now, and returns without blocking. Call it when the network has something and after the time
/// that publisher_wait_ms() names; more often does no harm.
void publisher_step(Publisher* publisher);

/// How long publisher_step() has nothing to do unless the network or a new reading gives it some.
uint32_t publisher_wait_ms(const Publisher* publisher);

/// Bytes wait for the network to take them, or a connection to be made: wait for that, too.
bool publisher_wants_to_send(const Publisher* publisher);

/// Says DISCONNECT and closes, in further steps until the state is kFinished. What the ring holds stays there.
void publisher_finish(Publisher* publisher);

#ifdef __cplusplus
}
#endif
#endif
