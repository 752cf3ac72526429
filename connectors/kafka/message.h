#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "connectors/fields/text_fields.h"
#include "connectors/kafka/options.h"

namespace tidegate::kafka {

struct Header {
  std::string name, value;
};

/// What one message carries, in memory that is used again for the next.
class Outgoing {
 public:
  std::string topic;
  std::string key;
  bool has_key = false;
  std::string_view value;  ///< the event's payload, or `written`
  std::string written;
  bool owns_value = false;  ///< `value` is `written`: it ends with the next message

  [[nodiscard]] std::span<const Header> headers() const noexcept { return {headers_.data(), headers_used_}; }
  void clear_headers() noexcept { headers_used_ = 0; }
  /// The value of a new header called `prefix` and `name`, to be written to.
  std::string& add_header(std::string_view prefix, std::string_view name);
  /// Bytes of the message in a request that holds it alone, without compression; at most a few more than it takes.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  std::vector<Header> headers_;
  std::size_t headers_used_ = 0;
};

/// Turns events into messages as the options want it. *Threads*: one user at a time.
class MessageWriter {
 public:
  /// `route`: what ${route} stands for in the texts.
  explicit MessageWriter(const SinkOptions& options, std::string route = {});

  /// Fills `out` from the event, which lives as long as `out` is used. *Errors*: invalid, when the event cannot be sent
  /// as it is: a template finds no value, its topic is none, or it is larger than max_message_bytes.
  Status write(const OutEvent& event, Outgoing& out);

 private:
  Status write_topic(Outgoing& out);
  Status write_key(Outgoing& out);
  void write_attributes(const Event& event, Outgoing& out);

  const Format format_;
  const std::map<std::string, std::string> headers_;
  const std::size_t bytes_max_;
  const std::string topic_;  ///< of every event; empty: each has its own
  fields::TextFields texts_;
  fields::Field topic_field_, key_field_;
};

}  // namespace tidegate::kafka
