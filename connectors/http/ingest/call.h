#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "connectors/http/ingest/request.h"
#include "gateway/event/event.h"

/// What requests mean, without sockets, clocks or the gateway around them.
namespace tidegate::ingest {

/// How a body holds its events.
enum class Form : std::uint8_t { cloud_event, cloud_event_batch, cloud_event_headers, json, ndjson, whole };

/// A request that the source understands, as far as its header tells.
struct Call {
  Form form = Form::whole;
  std::string topic;            ///< of every event; empty: what the event says, or the source's default
  std::string datacontenttype;  ///< of the body as a whole
};

/// Reads method, target and media type. *Errors*: 404, 405, 415, and 400 for a topic that is none.
std::variant<Call, Refusal> understand(const RequestHead& head);

/// Turns a body into events, which may still lack id, source, type and time; those without a subject get
/// `default_topic`. Takes from `body` what it can use without copying. Refuses all or nothing.
std::optional<Refusal> read_events(const Call& call, const RequestHead& head, std::string& body,
                                   std::string_view default_topic, std::size_t events_max, std::vector<Event>& events);

/// `{"error":"...","index":3}`.
std::string refusal_json(const Refusal& refusal);

}  // namespace tidegate::ingest
