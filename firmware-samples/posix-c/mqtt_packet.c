#include "mqtt_packet.h"

#include <string.h>

enum {
  kConnect = 0x10,
  kConnack = 0x20,
  kPublishQos1 = 0x32,
  kDup = 0x08,
  kPuback = 0x40,
  kPingreq = 0xc0,
  kPingresp = 0xd0,
  kDisconnect = 0xe0,
  kUserFlag = 0x80,
  kPasswordFlag = 0x40,
  kStringBytesMax = 65535,
  kRemainingLengthMax = 268435455,  // section 2.2.3
};

// Section 2.2: the packet's type, then how many bytes follow, seven bits each. Returns the size of both, or 0 when the
// packet does not fit.
static size_t put_header(uint8_t* out, size_t room, uint8_t type, size_t remaining) {
  uint8_t header[5];
  size_t size = 0;
  header[size++] = type;
  size_t rest = remaining;
  if (rest > kRemainingLengthMax) return 0;
  do {
    header[size++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  if (size > room || remaining > room - size) return 0;
  memcpy(out, header, size);
  return size;
}

static uint8_t* put_u16(uint8_t* at, size_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)(value & 0xff);
  return at + 2;
}

static uint8_t* put_bytes(uint8_t* at, const void* bytes, size_t size) {
  if (size > 0) memcpy(at, bytes, size);
  return at + size;
}

static uint8_t* put_string(uint8_t* at, const char* text, size_t size) {
  return put_bytes(put_u16(at, size), text, size);
}

size_t mqtt_encode_connect(uint8_t* out, size_t room, const MqttConnect* connect) {
  // Clean session is off: with it on, sending again with DUP on the next connection would not be MQTT (section 4.4).
  static const uint8_t protocol[] = {0, 4, 'M', 'Q', 'T', 'T', 4};
  const char* user = connect->user;
  const char* password = user ? connect->password : NULL;
  const size_t id_size = strlen(connect->client_id);
  const size_t user_size = user ? strlen(user) : 0;
  const size_t password_size = password ? strlen(password) : 0;
  if (id_size > kStringBytesMax || user_size > kStringBytesMax || password_size > kStringBytesMax) return 0;
  size_t remaining = sizeof protocol + 1 + 2 + 2 + id_size;
  if (user) remaining += 2 + user_size;
  if (password) remaining += 2 + password_size;
  const size_t header = put_header(out, room, kConnect, remaining);
  if (header == 0) return 0;

  uint8_t* at = put_bytes(out + header, protocol, sizeof protocol);
  *at++ = (uint8_t)((user ? kUserFlag : 0) | (password ? kPasswordFlag : 0));
  at = put_u16(at, connect->keep_alive_s);
  at = put_string(at, connect->client_id, id_size);
  if (user) at = put_string(at, user, user_size);
  if (password) at = put_string(at, password, password_size);
  return (size_t)(at - out);
}

size_t mqtt_encode_publish(uint8_t* out, size_t room, const char* topic, uint16_t packet_id, bool again,
                           const void* payload, size_t length) {
  const size_t topic_size = strlen(topic);
  if (topic_size > kStringBytesMax || length > kRemainingLengthMax) return 0;
  const uint8_t type = (uint8_t)(kPublishQos1 | (again ? kDup : 0));
  const size_t header = put_header(out, room, type, 2 + topic_size + 2 + length);
  if (header == 0) return 0;
  uint8_t* at = put_string(out + header, topic, topic_size);
  at = put_u16(at, packet_id);
  at = put_bytes(at, payload, length);
  return (size_t)(at - out);
}

size_t mqtt_encode_pingreq(uint8_t* out, size_t room) { return put_header(out, room, kPingreq, 0); }

size_t mqtt_encode_disconnect(uint8_t* out, size_t room) { return put_header(out, room, kDisconnect, 0); }

// How many bytes follow the two-byte header of a packet a publisher may be sent; -1: of no such packet.
static int bytes_after_header(uint8_t type) {
  switch (type) {
    case kConnack:
    case kPuback: return 2;
    case kPingresp: return 0;
    default: return -1;
  }
}

MqttReceived mqtt_reader_take(MqttReader* reader, uint8_t byte, uint16_t* value) {
  reader->bytes[reader->have++] = byte;
  const uint8_t type = reader->bytes[0];
  const int more = bytes_after_header(type);
  // Refused at the first byte that is wrong, so `have` never passes 4.
  const bool wrong = more < 0 || (reader->have == 2 && byte != more);
  if (!wrong && (reader->have < 2 || reader->have < 2 + more)) return kMqttIncomplete;
  reader->have = 0;
  if (wrong) return kMqttMalformed;
  *value = (uint16_t)(reader->bytes[2] << 8 | reader->bytes[3]);
  if (type == kPingresp) return kMqttPingresp;
  if (type == kPuback) return *value == 0 ? kMqttMalformed : kMqttPuback;
  if (reader->bytes[2] > 1) return kMqttMalformed;  // only "session present" may be set
  *value = reader->bytes[3];
  return kMqttConnack;
}
