#ifndef TIDEGATE_MQTT_PACKET_H
#define TIDEGATE_MQTT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The packets of MQTT 3.1.1 (OASIS standard, chapters 2 and 3) that a publisher at QoS 1 needs.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const char* client_id;
  const char* user;      ///< NULL: none
  const char* password;  ///< NULL: none; needs a user
  uint16_t keep_alive_s;
} MqttConnect;

/// Each writes one packet into out[0..room) and returns its size; 0 when it does not fit, with nothing to be sent.
size_t mqtt_encode_connect(uint8_t* out, size_t room, const MqttConnect* connect);
size_t mqtt_encode_publish(uint8_t* out, size_t room, const char* topic, uint16_t packet_id, bool again,
                           const void* payload, size_t length);
size_t mqtt_encode_pingreq(uint8_t* out, size_t room);
size_t mqtt_encode_disconnect(uint8_t* out, size_t room);

typedef enum {
  kMqttIncomplete,  ///< more bytes are needed
  kMqttConnack,     ///< value: return code, 0 is success
  kMqttPuback,      ///< value: packet id
  kMqttPingresp,
  kMqttMalformed,  ///< nothing a server may send to a publisher: close the connection
} MqttReceived;

/// Assembles what the server sends. The three packets it may send have 2 or 4 bytes, so no more is ever kept.
typedef struct {
  uint8_t bytes[4];
  uint8_t have;
} MqttReader;

/// Takes one byte. `value` is set with kMqttConnack and kMqttPuback. A new connection begins with a zeroed reader.
MqttReceived mqtt_reader_take(MqttReader* reader, uint8_t byte, uint16_t* value);

#ifdef __cplusplus
}
#endif
#endif
