#include "publisher.h"

#include <string.h>

#include "port.h"

// What one step reads at most, so that a server that never stops talking does not keep the device from its readings.
enum { kReceiveBytes = 64 };

static uint32_t since(uint32_t then_ms) { return port_now_ms() - then_ms; }

static void enter(Publisher* self, PublisherState state) {
  self->state = state;
  self->since_ms = port_now_ms();
}

// Full jitter: any wait up to a limit that doubles.
static uint32_t next_backoff_ms(Publisher* self) {
  uint32_t limit = kBackoffFirstMs;
  for (uint8_t n = 0; n < self->attempts && limit < kBackoffMaxMs; ++n) limit *= 2;
  if (limit > kBackoffMaxMs) limit = kBackoffMaxMs;
  if (self->attempts < UINT8_MAX) ++self->attempts;
  return port_random() % (limit + 1);
}

static void disconnect(Publisher* self, PublisherState next) {
  if (self->handle >= 0) port_close(self->handle);
  self->handle = -1;
  self->out_size = self->out_sent = 0;
  ring_rewind(self->ring);
  enter(self, next);
}

static void lose(Publisher* self, const char* trouble) {
  ++self->losses;
  self->trouble = trouble;
  disconnect(self, self->goodbye ? kFinished : kWaiting);
  self->wait_ms = next_backoff_ms(self);
}

static void begin_packet(Publisher* self, size_t size) {
  self->out_size = (uint16_t)size;
  self->out_sent = 0;
  self->sent_ms = port_now_ms();
}

static void open_connection(Publisher* self) {
  memset(&self->reader, 0, sizeof self->reader);
  self->ping_open = false;
  self->handle = port_open(self->settings->host, self->settings->tcp_port);
  if (self->handle < 0)
    lose(self, "the host is unknown or out of reach");
  else
    enter(self, kConnecting);
}

static void greet(Publisher* self) {
  const int connected = port_connected(self->handle);
  if (connected < 0) lose(self, "nobody listens there");
  if (connected <= 0) return;
  begin_packet(self, mqtt_encode_connect(self->out, sizeof self->out, &self->settings->connect));
  enter(self, kGreeting);
}

static const char* refusal(uint16_t return_code) {
  switch (return_code) {  // section 3.2.2.3
    case 1: return "the server knows no MQTT 3.1.1";
    case 2: return "the server refuses the client id";
    case 3: return "the server is unavailable";
    case 4: return "the user name or password is wrong";
    case 5: return "this client is not authorized";
    default: return "the server refuses for a reason MQTT does not know";
  }
}

static void on_connack(Publisher* self, uint16_t return_code) {
  if (self->state != kGreeting) {
    lose(self, "a second CONNACK");
  } else if (return_code != 0) {
    lose(self, refusal(return_code));
  } else {
    ++self->connections;
    self->progress_ms = port_now_ms();
    enter(self, kOnline);
  }
}

static void on_puback(Publisher* self, uint16_t packet_id) {
  if (self->state != kOnline) {
    lose(self, "a PUBACK before CONNACK");
    return;
  }
  // An id that nobody waits for belongs to a reading that was overwritten.
  if (!ring_acknowledge(self->ring, packet_id)) return;
  ++self->acknowledged;
  self->attempts = 0;
  self->progress_ms = port_now_ms();
}

static void on_pingresp(Publisher* self) {
  if (!self->ping_open) {
    lose(self, "a PINGRESP nobody asked for");
    return;
  }
  self->ping_open = false;
  self->attempts = 0;
}

static void receive(Publisher* self) {
  uint8_t bytes[kReceiveBytes];
  const int size = port_receive(self->handle, bytes, sizeof bytes);
  if (size < 0) lose(self, "the connection was closed");
  for (int i = 0; i < size && self->handle >= 0; ++i) {
    uint16_t value = 0;
    switch (mqtt_reader_take(&self->reader, bytes[i], &value)) {
      case kMqttIncomplete: break;
      case kMqttConnack: on_connack(self, value); break;
      case kMqttPuback: on_puback(self, value); break;
      case kMqttPingresp: on_pingresp(self); break;
      case kMqttMalformed: lose(self, "the server sent what no MQTT server sends"); break;
    }
  }
}

// A PINGREQ is due after half the keep alive, which leaves the server the other half to notice that it is late.
static uint32_t ping_after_ms(const Publisher* self) { return self->settings->connect.keep_alive_s * 500u; }

static void choose_packet(Publisher* self) {
  uint16_t packet_id = 0;
  bool again = false;
  const Reading* reading = NULL;
  if (self->goodbye) {
    self->goodbye_begun = true;
    begin_packet(self, mqtt_encode_disconnect(self->out, sizeof self->out));
    return;
  }
  if (ring_in_flight(self->ring) < kWindowReadings) reading = ring_send_next(self->ring, &packet_id, &again);
  if (reading != NULL) {
    if (again) ++self->sent_again;
    begin_packet(self, mqtt_encode_publish(self->out, sizeof self->out, self->settings->topic, packet_id, again,
                                           reading->bytes, reading->length));
  } else if (!self->ping_open && since(self->sent_ms) >= ping_after_ms(self)) {
    self->ping_open = true;
    self->ping_ms = port_now_ms();
    begin_packet(self, mqtt_encode_pingreq(self->out, sizeof self->out));
  }
}

// Sends until nothing is left or the network takes no more.
static void send_packets(Publisher* self) {
  for (;;) {
    if (self->out_sent == self->out_size) {
      if (self->goodbye_begun) {
        disconnect(self, kFinished);
        return;
      }
      self->out_size = self->out_sent = 0;
      if (self->state == kOnline) choose_packet(self);
      if (self->out_size == 0) return;
    }
    const int sent = port_send(self->handle, self->out + self->out_sent, (size_t)(self->out_size - self->out_sent));
    if (sent < 0) lose(self, "the connection broke");
    if (sent <= 0) return;
    self->out_sent = (uint16_t)(self->out_sent + sent);
  }
}

// Shortens `least` to what is left of a limit that began to run at `begun_ms`.
static void consider(uint32_t* least, const char** reason, uint32_t begun_ms, uint32_t limit_ms,
                     const char* if_passed) {
  const uint32_t passed = since(begun_ms);
  const uint32_t left = passed >= limit_ms ? 0 : limit_ms - passed;
  if (left >= *least) return;
  *least = left;
  *reason = if_passed;
}

// How much longer the server may keep this connection waiting, and what is missing then.
static uint32_t patience_ms(const Publisher* self, const char** missing) {
  uint32_t least = UINT32_MAX;
  if (self->state == kConnecting)
    consider(&least, missing, self->since_ms, kAnswerTimeoutMs, "no connection in time");
  else if (self->state == kGreeting)
    consider(&least, missing, self->since_ms, kAnswerTimeoutMs, "no CONNACK in time");
  if (self->state != kOnline) return least;
  if (self->out_size > 0) consider(&least, missing, self->sent_ms, kAnswerTimeoutMs, "the server reads nothing");
  if (self->ping_open) consider(&least, missing, self->ping_ms, kAnswerTimeoutMs, "no PINGRESP in time");
  if (ring_in_flight(self->ring) > 0)
    consider(&least, missing, self->progress_ms, kAcknowledgeTimeoutMs, "no PUBACK in time");
  return least;
}

bool publisher_init(Publisher* self, const PublisherSettings* settings, ReadingRing* ring) {
  memset(self, 0, sizeof *self);
  self->settings = settings;
  self->ring = ring;
  self->handle = -1;
  enter(self, kWaiting);
  const char* topic = settings->topic;
  if (topic[0] == '\0' || strpbrk(topic, "+#") != NULL || settings->connect.keep_alive_s == 0) return false;
  return mqtt_encode_connect(self->out, sizeof self->out, &settings->connect) > 0 &&
         mqtt_encode_publish(self->out, sizeof self->out, topic, 1, false, ring->slots[0].bytes, kReadingBytesMax) > 0;
}

void publisher_step(Publisher* self) {
  const char* missing = NULL;
  if (self->state == kFinished) return;
  if (self->state == kWaiting && since(self->since_ms) >= self->wait_ms) open_connection(self);
  if (self->state == kConnecting) greet(self);
  if (self->state == kGreeting || self->state == kOnline) receive(self);
  if (self->state == kOnline && ring_in_flight(self->ring) == 0) self->progress_ms = port_now_ms();
  if (self->state == kGreeting || self->state == kOnline) send_packets(self);
  if (self->handle >= 0 && patience_ms(self, &missing) == 0) lose(self, missing);
}

uint32_t publisher_wait_ms(const Publisher* self) {
  const char* ignored = NULL;
  const uint32_t passed = since(self->since_ms);
  if (self->state == kWaiting) return passed >= self->wait_ms ? 0 : self->wait_ms - passed;
  if (self->handle < 0) return UINT32_MAX;
  const uint32_t patience = patience_ms(self, &ignored);
  if (self->state != kOnline || self->ping_open) return patience;
  const uint32_t quiet = since(self->sent_ms);
  const uint32_t ping = quiet >= ping_after_ms(self) ? 0 : ping_after_ms(self) - quiet;
  return ping < patience ? ping : patience;
}

bool publisher_wants_to_send(const Publisher* self) {
  return self->state == kConnecting || self->out_sent < self->out_size;
}

void publisher_finish(Publisher* self) {
  self->goodbye = true;
  if (self->state != kOnline) disconnect(self, kFinished);
}
