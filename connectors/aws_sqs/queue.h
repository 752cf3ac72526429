#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/aws_sqs/source_options.h"
#include "connectors/http/request.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

/// What the source and its queue say to each other. *Source*: the SQS API reference, JSON protocol.
namespace tidegate::aws_sqs {

/// A message as the queue gives it out.
struct Message {
  std::string id;      ///< the same whenever it comes
  std::string handle;  ///< another each time; names it when it is deleted
  std::string body;
  std::optional<WallTime> sent;
  std::string receive_count, group, sequence;                   ///< empty: not said
  std::vector<std::pair<std::string, std::string>> attributes;  ///< of the sender; binary ones in base64
};

/// Of an answer to a receive. *Errors*: invalid, when it is none, or not whole: nothing of it counts then.
Result<std::vector<Message>> read_messages(std::string_view body);

/// Writes requests to one queue, complete but for their proof.
class Queue {
 public:
  explicit Queue(const SourceOptions& options);

  /// The queue's name, for people.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool is_fifo() const noexcept { return is_fifo_; }

  /// `most`: messages. `attempt`: names this receive; a FIFO queue answers an attempt that is repeated with the same
  /// messages. Empty: it has no name.
  [[nodiscard]] http::Request receive(std::uint32_t most, std::chrono::seconds wait, std::string_view attempt) const;
  /// DeleteMessageBatch; the answer names entries by their index in `handles`. None at all is a probe: what SQS says
  /// to it comes after region, key, permission and the queue were found good.
  [[nodiscard]] http::Request remove(const std::vector<std::string>& handles) const;
  /// ChangeMessageVisibilityBatch, likewise: for so long from now.
  [[nodiscard]] http::Request keep_from_others(const std::vector<std::string>& handles,
                                               std::chrono::seconds time) const;
  /// A receive of no message at all, which SQS refuses once it has found that receiving is allowed.
  [[nodiscard]] http::Request receive_nothing() const;

 private:
  [[nodiscard]] http::Request begin(std::string_view action) const;

  const SourceOptions options_;
  const std::string url_;
  const std::string name_;
  const bool is_fifo_;
};

}  // namespace tidegate::aws_sqs
