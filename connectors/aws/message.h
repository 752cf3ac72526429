#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/fields/text.h"
#include "connectors/fields/text_fields.h"
#include "gateway/base/result.h"
#include "gateway/config/option_table.h"
#include "gateway/event/event.h"

/// What messages of the AWS services are made of.
namespace tidegate::aws {

enum class Format : std::uint8_t { cloudevents, raw };

/// Adds `format`, whose values are the same for every sink that sends one event per message.
template <class S>
OptionTableOf<S>& add_format(OptionTableOf<S>& table) {
  return table.choice("format", &S::format,
                      {{"cloudevents", Format::cloudevents, "One CloudEvent 1.0 in JSON, with the payload as `data`."},
                       {"raw", Format::raw, "The payload as it came, without attributes."}},
                      "How an event is written.");
}

/// Appends the event as a CloudEvent in JSON, or its payload.
void append_body(Format format, const Event& event, std::string& out);

/// Why the text cannot be a message of SQS or SNS, which take what XML takes; empty when it can.
std::string_view message_fault(std::string_view text) noexcept;

/// The text when it can be a group or deduplication id (1 to 128 visible ASCII characters), else 64 hex digits, SHA-256
/// over it.
std::string token_of(std::string_view text);

/// Attributes of messages of SQS and SNS, filled by events.
class Attributes {
 public:
  struct Filled {
    std::string_view name;
    std::string value;
  };
  /// Adds its texts to `fields`, which must outlive it.
  Attributes(const fields::TextMap& texts, fields::TextFields& fields);
  /// Of the event that `fields` has read; those that are nothing are left out. *Errors*: invalid, a sentence.
  Result<std::vector<Filled>> fill() const;

 private:
  std::vector<std::pair<std::string, fields::Field>> attributes_;
  const fields::TextFields& fields_;
};

/// What is wrong with the names of such attributes, or their number; nullopt: nothing.
std::optional<std::string> attributes_fault(const fields::TextMap& texts);

/// A message of SQS or SNS, in memory that is used again.
struct Message {
  std::string text;
  std::vector<Attributes::Filled> attributes;
  std::size_t bytes = 0;  ///< as the services count them: the text, and name, type and value of each attribute

  /// Replaces it by that of an event, which the fields of `texts` have read. `bytes_max`: what `taker`, "the queue",
  /// takes (max_message). *Errors*: invalid, why the event cannot be one.
  Status fill(Format format, const Event& event, const Attributes& texts, std::size_t bytes_max,
              std::string_view taker);
};

}  // namespace tidegate::aws
