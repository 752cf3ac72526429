#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "connectors/connector.h"
#include "connectors/http/service.h"
#include "gateway/base/result.h"

namespace tidegate::aws {

/// What a service takes in one request, and the words for it: "the messages have 300000 bytes, and SQS takes 262144 in
/// a batch".
struct BatchBounds {
  std::size_t entries_max;
  std::size_t bytes_max;      ///< of all entries, as the service counts them
  std::string_view entries;   ///< "messages"
  std::string_view taker;     ///< "SQS"
  std::string_view together;  ///< "a batch"
};

/// What stands between the entries of a request, and after the last.
struct EntryMarks {
  std::string_view between = ",";
  std::string_view after = "]}";
};

/// A service whose requests hold an entry for each event. An event that cannot be one leaves no trace in the request.
class BatchService : public http::Service {
 public:
  BatchService(std::string url, const BatchBounds& bounds, EntryMarks marks = {});

  [[nodiscard]] SinkLimits limits() const noexcept final;
  [[nodiscard]] const std::string& url() const noexcept final { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) final;
  [[nodiscard]] std::size_t reply_bytes_max() const noexcept final;

 protected:
  /// The headers of a request, and its body up to the first entry.
  virtual void begin(http::Request& request) const = 0;
  /// Appends the entry of an event, before which `index` others stand. Returns what the service counts of it. *Errors*:
  /// invalid, why the event cannot be one; then what it has appended is taken away.
  virtual Result<std::size_t> append_entry(const OutEvent& event, std::size_t index, std::string& out) = 0;

 private:
  const std::string url_;
  const BatchBounds bounds_;
  const EntryMarks marks_;
};

}  // namespace tidegate::aws
