#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "connectors/http/judge.h"
#include "connectors/http/limits.h"
#include "connectors/http/request.h"

/// What makes a sink for one kind of endpoint out of HttpSink: a page of mapping, limits and rules of outcome. HttpSink
/// keeps the connections, proves each request (connectors/auth/auth.h), times it, and judges answers that never came.
namespace tidegate::http {

/// Events by reference, in the order they must arrive.
using Events = std::span<const OutEvent* const>;

/// What became of events on their way into a request.
class Written {
 public:
  /// The event at `index` can never be taken as it is, for `reason`: it is not in the request, the others are.
  void unfit(std::size_t index, std::string reason) { unfit_.push_back({index, std::move(reason)}); }
  /// Together they are more than the service takes, for `reason`, which names its limit: none is in the request. Events
  /// are sent again in smaller batches; one alone is rejected.
  void too_large(std::string reason) { too_large_ = std::move(reason); }
  /// Nothing can be sent now, for a `reason` that has nothing to do with the events.
  void failed(std::string reason) { failed_ = std::move(reason); }
  /// The service keeps them for a later request (SinkLimits::gathers): there is nothing to send now.
  void hold() { held_ = true; }

  struct Unfit {
    std::size_t index;
    std::string reason;
  };
  [[nodiscard]] const std::vector<Unfit>& unfits() const noexcept { return unfit_; }  ///< ascending
  [[nodiscard]] const std::string& too_large_reason() const noexcept { return too_large_; }
  [[nodiscard]] const std::string& failure() const noexcept { return failed_; }
  [[nodiscard]] bool held() const noexcept { return held_; }

 private:
  std::vector<Unfit> unfit_;
  std::string too_large_, failed_;
  bool held_ = false;
};

/// *Threads*: one user at a time.
class Service {
 public:
  virtual ~Service() = default;

  [[nodiscard]] virtual SinkLimits limits() const noexcept = 0;
  /// Where requests go, for a connection without a request.
  [[nodiscard]] virtual const std::string& url() const noexcept = 0;
  /// As Sink::destination.
  [[nodiscard]] virtual std::uint64_t destination(const OutEvent& /*event*/) { return 0; }
  /// Writes the request for a batch into `request`, which is clear but for its key. `written.unfit` is called in
  /// ascending order.
  virtual void write(Events events, Request& request, Written& written) = 0;
  /// As write(), of a service that gathers (SinkLimits::gathers), whose batches may be without events. When an earlier
  /// batch ended without judge() having seen it, or not well, none of that batch was taken.
  virtual void write_batch(const Batch& batch, Request& request, Written& written) {
    write(batch.events, request, written);
  }
  /// Asked with every complete answer: another request must be made before the batch ends. Writes it into `request`,
  /// which is clear but for its key. False: judge() tells how the batch ended.
  virtual bool write_next(const Reply& /*reply*/, Request& /*request*/) { return false; }
  /// What a complete answer, or a refusal that broke off, means for the events of its request (those that were not
  /// unfit): one outcome for all of them, or one each in their order; `id` is left open. By default its status alone.
  /// Of several requests of a batch, the last.
  /// `now` turns dates into durations.
  virtual Settled judge(const Reply& reply, Events events, WallTime now);
  /// Bytes of an answer's body that judge() gets to see, and that are read at all: the connection of a peer that says
  /// more is closed, and Reply::cut is set.
  [[nodiscard]] virtual std::size_t reply_bytes_max() const noexcept { return limits::kHttpResponseBytesMax; }

  /// Writes a request that brings no event and changes nothing, for Sink::connect. It should need no more permission
  /// than deliveries do. False: none exists, opening a connection must do.
  virtual bool write_probe(Request& /*request*/) { return false; }
  /// What the answer to write_probe()'s request tells. *Errors*: what is wrong and the remedy, such as the wrong
  /// region, a wrong key, a queue that does not exist.
  virtual Status judge_probe(const Reply& reply, WallTime now);

  /// Blanks what is secret in a text that may quote a request, beyond what the credential covers.
  virtual void redact(std::string& /*text*/) const {}
};

/// A verdict on all events of a request, as Service::judge returns it.
Settled settled(Verdict verdict);

/// Replaces every `secret` in `text` by ***. Does nothing when it is empty.
void blank_out(std::string& text, std::string_view secret);

}  // namespace tidegate::http
