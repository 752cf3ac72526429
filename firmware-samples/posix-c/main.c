// A device that measures a temperature and publishes each reading; see README.md.
#define _POSIX_C_SOURCE 200809L

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port.h"
#include "publisher.h"

enum {
  kRateMax = 1000,           // readings per second: the clock counts milliseconds
  kLongestWaitMs = 1000,     // a signal between two waits is noticed this late
  kCelsiusHundredths = 2000  // where the temperature begins
};

typedef struct {
  PublisherSettings publisher;
  uint32_t interval_ms;
  uint32_t count;  // 0: until a signal comes
} Options;

static volatile sig_atomic_t interrupted = 0;
static ReadingRing ring;
static Publisher publisher;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

static int usage(const char* what) {
  fprintf(stderr,
          "device: %s\n"
          "usage: posix_c_device [-h HOST] [-p PORT] [-i CLIENT_ID] [-t TOPIC] [-r READINGS_PER_SECOND] [-n COUNT]\n"
          "                      [-k KEEP_ALIVE_SECONDS]\n"
          "MQTT_USER and MQTT_PASSWORD in the environment are the credentials. COUNT 0: until a signal comes.\n",
          what);
  return 2;
}

static bool number_in(const char* text, double least, double most, double* value) {
  char* end = NULL;
  *value = strtod(text, &end);
  return end != text && *end == '\0' && *value >= least && *value <= most;
}

// NULL, or what is wrong.
static const char* parse(int argc, char** argv, Options* options) {
  double rate = 1, count = 0, keep_alive = 30;
  options->publisher = (PublisherSettings){.host = "127.0.0.1",
                                           .tcp_port = "1883",
                                           .topic = "sensors/device-1/temperature",
                                           .connect = {.client_id = "device-1"}};
  options->publisher.connect.user = getenv("MQTT_USER");
  options->publisher.connect.password = getenv("MQTT_PASSWORD");
  for (int option; (option = getopt(argc, argv, "h:p:i:t:r:n:k:")) != -1;) {
    switch (option) {
      case 'h': options->publisher.host = optarg; break;
      case 'p': options->publisher.tcp_port = optarg; break;
      case 'i': options->publisher.connect.client_id = optarg; break;
      case 't': options->publisher.topic = optarg; break;
      case 'r':
        if (!number_in(optarg, 0.001, kRateMax, &rate)) return "-r is a number from 0.001 to 1000";
        break;
      case 'n':
        if (!number_in(optarg, 0, UINT32_MAX, &count)) return "-n is a number from 0 to 4294967295";
        break;
      case 'k':
        if (!number_in(optarg, 1, UINT16_MAX, &keep_alive)) return "-k is a number from 1 to 65535";
        break;
      default: return "an option it does not know, or one without its value";
    }
  }
  if (optind != argc) return "a word that belongs to no option";
  options->interval_ms = (uint32_t)(1000 / rate);
  options->count = (uint32_t)count;
  options->publisher.connect.keep_alive_s = (uint16_t)keep_alive;
  return NULL;
}

// A real device asks its sensor here.
static void take_reading(uint32_t number, uint32_t uptime_ms) {
  static long hundredths = kCelsiusHundredths;
  char text[kReadingBytesMax + 1];
  hundredths += (long)(port_random() % 21) - 10;
  if (hundredths < 1000 || hundredths > 4000) hundredths = kCelsiusHundredths;
  const int size = snprintf(text, sizeof text, "{\"seq\":%lu,\"uptime_ms\":%lu,\"temperature\":%ld.%02ld}",
                            (unsigned long)number, (unsigned long)uptime_ms, hundredths / 100, hundredths % 100);
  ring_push(&ring, text, (size_t)size);
}

static void tell_changes(void) {
  static uint32_t connections = 0, losses = 0, overwritten = 0;
  if (publisher.losses != losses)
    fprintf(stderr, "device: %s; %lu readings wait; next attempt in %lu ms\n", publisher.trouble,
            (unsigned long)ring_held(&ring), (unsigned long)publisher.wait_ms);
  if (publisher.connections != connections) fprintf(stderr, "device: connected\n");
  if (overwritten == 0 && ring.overwritten > 0)
    fprintf(stderr, "device: the ring is full: the oldest readings give way, and are counted\n");
  overwritten = ring.overwritten;
  losses = publisher.losses;
  connections = publisher.connections;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

int main(int argc, char** argv) {
  Options options;
  const char* mistake = parse(argc, argv, &options);
  if (mistake != NULL) return usage(mistake);
  ring_init(&ring);
  if (!publisher_init(&publisher, &options.publisher, &ring))
    return usage("the client id, the topic or the credentials are too long, or the topic is empty or has wildcards");
  const struct sigaction act = {.sa_handler = on_signal};
  sigaction(SIGINT, &act, NULL);
  sigaction(SIGTERM, &act, NULL);

  const uint32_t start_ms = port_now_ms();
  uint32_t taken = 0, last_ms = start_ms - options.interval_ms;
  while (publisher.state != kFinished) {
    const bool all_taken = options.count > 0 && taken == options.count;
    uint32_t next_ms = kLongestWaitMs;
    if (!all_taken) {
      const uint32_t passed = port_now_ms() - last_ms;
      if (passed >= options.interval_ms) {
        take_reading(++taken, port_now_ms() - start_ms);
        last_ms += options.interval_ms;
        next_ms = 0;
      } else {
        next_ms = least(next_ms, options.interval_ms - passed);
      }
    }
    if (interrupted || (all_taken && ring_held(&ring) == 0)) publisher_finish(&publisher);
    publisher_step(&publisher);
    tell_changes();
    if (publisher.state != kFinished)
      port_wait(publisher.handle, publisher_wants_to_send(&publisher), least(next_ms, publisher_wait_ms(&publisher)));
  }
  printf("readings=%lu acknowledged=%lu overwritten=%lu unsent=%lu sent_again=%lu connections=%lu\n",
         (unsigned long)taken, (unsigned long)publisher.acknowledged, (unsigned long)ring.overwritten,
         (unsigned long)ring_held(&ring), (unsigned long)publisher.sent_again, (unsigned long)publisher.connections);
  return ring_held(&ring) == 0 ? 0 : 1;
}
