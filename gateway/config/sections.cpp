#include "gateway/config/sections.h"

#include "gateway/base/limits.h"
#include "gateway/config/reduce_sections.h"
#include "gateway/delivery/limits.h"

namespace tidegate {

using namespace std::chrono_literals;

namespace {

Result<StartAt> read_start(std::string_view text) {
  if (text == "now") return StartAt{};
  if (text == "earliest") return StartAt{.kind = StartAt::Kind::earliest, .time = {}};
  const auto time = read_time(text);
  if (time) return StartAt{.kind = StartAt::Kind::time, .time = *time};
  return Error{ErrorCode::invalid, "is none of now, earliest and a time as in 2026-05-01T06:00:00Z"};
}

const OptionTableOf<AdminOptions>& admin_options() {
  static const auto table =
      OptionTableOf<AdminOptions>("Health, metrics, status and dead letters over HTTP.")
          .parsed("listen", &AdminOptions::listen, ListenAddress::parse, "ADDRESS:PORT or unix:PATH",
                  "Where it listens. A unix socket is for its owner and group only.")
          .default_text(AdminOptions{}.listen.text())
          .option("allow_remote", &AdminOptions::allow_remote,
                  "Let `listen` be an address that other machines reach. The API has no login: whoever reaches it may "
                  "read and drop dead letters.")
          .check([](const AdminOptions& o) -> std::optional<OptionFault> {
            if (o.listen.is_local() || o.allow_remote) return std::nullopt;
            return OptionFault{
                "listen",
                "other machines can reach this address and the API has no login; listen on 127.0.0.1 or a "
                "unix socket, or set allow_remote: true"};
          });
  return table;
}

const OptionTableOf<LogOptions>& log_options() {
  static const auto table = OptionTableOf<LogOptions>("Log lines, on standard error.")
                                .choice("level", &LogOptions::level,
                                        {{"debug", LogLevel::debug, "All that happens; for looking into a problem."},
                                         {"info", LogLevel::info, "State changes."},
                                         {"warn", LogLevel::warn, "What may need a person."},
                                         {"error", LogLevel::error, "What does need a person."}},
                                        "The least important lines that are written.")
                                .choice("format", &LogOptions::format,
                                        {{"text", LogFormat::text, "For people and the journal."},
                                         {"json", LogFormat::json, "One JSON object per line."}},
                                        "How a line is written.");
  return table;
}

}  // namespace

const OptionTableOf<GatewayOptions>& gateway_options() {
  static const auto table =
      OptionTableOf<GatewayOptions>("The gateway as a whole.")
          .option("id", &GatewayOptions::id,
                  "Names this gateway: in the `source` of its events, and to brokers as client id. Keep it once events "
                  "have been sent.")
          .default_text("the machine's host name")
          .option("data_dir", &GatewayOptions::data_dir,
                  "Where the spool lies: a local disk, not a network share. One gateway per directory.")
          .section("admin", &GatewayOptions::admin, admin_options(), "Health, metrics, status and dead letters.")
          .section("log", &GatewayOptions::log, log_options(), "Log lines, on standard error.")
          .option(
              "shutdown_timeout", &GatewayOptions::shutdown_timeout,
              "How long a stop waits for requests under way. What it cuts short stays on disk and is sent again, under "
              "the same ids, after the next start.",
              between(0s, 10min));
  return table;
}

const OptionTableOf<SpoolOptions>& spool_options() {
  static const auto table =
      OptionTableOf<SpoolOptions>("The durable log on disk.")
          .choice("sync", &SpoolOptions::sync,
                  {{"full", SyncMode::full, "Acknowledge after fsync: survives a power cut."},
                   {"normal", SyncMode::normal,
                    "Acknowledge after the write: survives a crash of the process; a power cut may take the last "
                    "moments."}},
                  "When an event counts as stored.")
          .bytes("max_bytes", &SpoolOptions::max_bytes, "Disk space that the spool may take, all its files together.",
                 between(16 << 20, 1ull << 44))
          .choice("when_full", &SpoolOptions::when_full,
                  {{"pause", WhenFull::pause, "Stop reading; events wait upstream, unacknowledged. Nothing is lost."},
                   {"drop_oldest", WhenFull::drop_oldest,
                    "Give up the oldest events to make room for new ones; each is counted as evicted."},
                   {"drop_newest", WhenFull::drop_newest,
                    "Acknowledge new events and give them up; each is counted as evicted."}},
                  "What happens when `max_bytes` or the disk is full.")
          .option(
              "retain", &SpoolOptions::retain,
              "Keep events this long after they are delivered, for replay and for routes that start in the past. They "
              "are the first to go when `max_bytes` needs room.",
              between(0s, 3650 * 24h));
  return table;
}

namespace {

const OptionTableOf<DeliveryOptions::Batching>& batch_options() {
  using Batching = DeliveryOptions::Batching;
  static const auto table =
      OptionTableOf<Batching>("When events leave together. A connector may have lower limits of its own.")
          .option("max_events", &Batching::max_events, "Events of one request, or of one object.",
                  between(1, limits::kGatheringEventsMax))
          .bytes("max_bytes", &Batching::max_bytes, "Payload of one request or object; one larger event goes alone.",
                 between(1, std::uint64_t{16} << 30))
          .option("max_wait", &Batching::max_wait,
                  "An incomplete batch leaves this long after its first event was ready.", between(0s, 1h));
  return table;
}

const OptionTableOf<DeliveryOptions::Retry>& retry_options() {
  using Retry = DeliveryOptions::Retry;
  static const auto table =
      OptionTableOf<Retry>("Waiting between attempts: exponential, with full jitter.")
          .option("initial", &Retry::initial, "Longest first wait; doubles with every failure.", between(1ms, 24h))
          .option("max", &Retry::max, "Longest wait of all, also when the peer asks for more (Retry-After).",
                  between(1ms, 24h))
          .check([](const Retry& o) -> std::optional<OptionFault> {
            if (o.initial <= o.max) return std::nullopt;
            return OptionFault{"initial", "longer than \"max\"; make it shorter, or raise \"max\""};
          });
  return table;
}

const OptionTableOf<DeliveryOptions::Breaker>& breaker_options() {
  using Breaker = DeliveryOptions::Breaker;
  static const auto table =
      OptionTableOf<Breaker>("Spares a dead endpoint: while open, one probe per interval is all it gets.")
          .option("failures", &Breaker::failures, "Failed requests in a row that open it; 0: never.")
          .option("interval", &Breaker::interval, "Time between probes while it is open.", between(100ms, 24h));
  return table;
}

}  // namespace

const OptionTableOf<DeliveryOptions>& delivery_options() {
  static const auto table =
      OptionTableOf<DeliveryOptions>("How events are delivered, whatever the protocol.")
          .choice("order", &DeliveryOptions::order,
                  {{"by_key", Order::by_key, "In order per key (the event's subject), keys in parallel."},
                   {"strict", Order::strict, "In order altogether: one request at a time."},
                   {"none", Order::none, "As fast as they go."}},
                  "Which events must arrive in the order they came.")
          .section("batch", &DeliveryOptions::batch, batch_options(), "When events leave together.")
          .option("in_flight", &DeliveryOptions::in_flight, "Requests under way at the same time.", between(1, 256))
          .section("retry", &DeliveryOptions::retry, retry_options(), "Waiting between attempts.")
          .section("breaker", &DeliveryOptions::breaker, breaker_options(), "Spares a dead endpoint.")
          .option("rate_limit", &DeliveryOptions::rate_limit, "Events per second at most; 0: no limit.",
                  between(0, 10'000'000))
          .option("max_age", &DeliveryOptions::max_age,
                  "Older events go to the dead letters, counted as expired; 0s: never.", between(0s, 3650 * 24h))
          .option("max_attempts", &DeliveryOptions::max_attempts,
                  "An event that failed so often goes to the dead letters; 0: never.");
  return table;
}

const OptionTableOf<RouteConfig>& route_options() {
  static const auto table =
      OptionTableOf<RouteConfig>("Which events go where.")
          .option("from", &RouteConfig::from, "Names of sources, one or a list.")
          .default_text("every source")
          .parsed("topic", &RouteConfig::topic, TopicFilter::parse, "MQTT topic filter",
                  "Which topics: + is one level, # all that follow, {name} one level that is remembered. A text that "
                  "begins "
                  "with # or { needs quotes.")
          .default_text(RouteConfig{}.topic.text())
          .tree("match", &RouteConfig::match, EventPattern::compile, "event pattern",
                "Which events by content, in the pattern language of Amazon EventBridge: a map of fields with the "
                "values they may have (docs/route-by-content.md), or a text that holds it as JSON. Envelope, "
                "attributes, captures and, under `data`, a payload that is JSON.")
          .list("reduce", &RouteConfig::reduce, reduce_options(),
                "What the route leaves out, step by step (docs/reduce-at-the-edge.md): an event leaves when every step "
                "lets it. What is left out counts as filtered.")
          .required("to", &RouteConfig::to, "Names of sinks, one or a list; each gets the events on its own.")
          .parsed("start", &RouteConfig::start, read_start, "now, earliest or a time",
                  "Where the route begins when the data directory does not know it yet: with new events (now), with "
                  "everything still kept (earliest), or with what came after a time.")
          .default_text("now")
          .section("transform", &RouteConfig::transform, transform_options(),
                   "What events look like when they leave. One that cannot be made so goes to the dead letters.")
          .check([](const RouteConfig& route) { return check_reduction(route.reduce, route.topic); });
  return table;
}

const OptionTableOf<ConnectorChoice>& connector_choice() {
  static const auto table = OptionTableOf<ConnectorChoice>().required("type", &ConnectorChoice::type, "The connector.");
  return table;
}

}  // namespace tidegate
