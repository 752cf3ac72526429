#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/event/event.h"

/// Event as CloudEvents 1.0.2. An event's id, source and type are never empty (the intake sees to it).
///
/// Attributes become extension attributes, whose names may only be 1 to 20 of [a-z0-9] (CloudEvents, "Naming
/// conventions"). A name that already is one stays as it is. Any other loses what is not a letter or digit, goes to
/// lower case and is cut to 20 ("Device-Id" becomes "deviceid"; nothing left: "attribute"). One that would collide
/// with an attribute of CloudEvents itself gets an x in front ("type" becomes "xtype"), one that would collide with
/// another attribute of the same event the smallest number from 2 that is free ("deviceid2"), in the event's order
/// after all names that stay as they are. "dataschema" stays when its value is an absolute URI.
namespace tidegate {

inline constexpr std::string_view kCloudEventContentType = "application/cloudevents+json; charset=utf-8";
inline constexpr std::string_view kCloudEventBatchContentType = "application/cloudevents-batch+json; charset=utf-8";

/// Appends the event as one JSON object. JSON payloads are embedded byte for byte.
/// With a JSON datacontenttype (or none) and a payload that is_embeddable_json: as `data`. With text/* and valid UTF-8:
/// `data` as a string. Everything else: `data_base64`; when the producer gave no datacontenttype it is then
/// application/octet-stream, because none would mean JSON. An empty payload gives neither member.
/// *Source*: CloudEvents JSON event format 1.0.2, sections 2 and 3.1.
void append_cloud_event(const Event& event, std::string& out);

/// Appends the payload alone as one JSON value: by the same rules, and `{"data_base64":"..."}` where those say base64;
/// `null` when it is empty.
void append_payload_as_json(const Event& event, std::string& out);

/// The headers of binary content mode, Content-Type first; the body is the payload. Values are visible ASCII:
/// everything else, space, quote and percent are percent-encoded.
/// *Source*: CloudEvents HTTP protocol binding 1.0.2, section 3.1.
std::vector<std::pair<std::string, std::string>> cloud_event_headers(const Event& event);

/// Names of the extension attributes for the event's attributes, in their order.
std::vector<std::string> extension_names(const Event& event);

/// What "dataschema" must be. *Source*: CloudEvents 1.0.2, "dataschema"; RFC 3986, section 4.3, as far as characters
/// go.
bool is_absolute_uri(std::string_view text) noexcept;

/// Media type to announce for the bare payload: the producer's when it can stand in a header, else
/// application/octet-stream.
std::string_view payload_content_type(const Event& event) noexcept;

}  // namespace tidegate
