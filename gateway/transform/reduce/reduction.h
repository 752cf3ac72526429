#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/spool/spool.h"
#include "gateway/transform/reduce/field_reader.h"
#include "gateway/transform/reduce/options.h"

namespace tidegate {

/// An event as a step looks at it.
struct Reading {
  const Event& event;
  Seq seq;
  WallTime time;              ///< the event's own
  const FieldReader& values;  ///< of the event
  /// A copy from the backlog of another lane, which was adopted. It comes out of its time, and so has nothing to do
  /// with what is remembered of the live ones.
  bool adopted = false;
};

/// One step of a route's reduction: decides about an event by what left before. *Threads*: one user at a time.
class Reduction {
 public:
  virtual ~Reduction() = default;

  /// The word by which what it removes is counted.
  [[nodiscard]] virtual std::string_view reason() const noexcept = 0;
  /// Whether it lets the event leave. Remembers nothing: another step may hold the event back.
  virtual bool lets_leave(const Reading& reading) = 0;
  /// The event that was asked about last leaves.
  virtual void left(const Reading& /*reading*/) {}

  /// True when the row is one of its own.
  virtual bool restore(std::string_view /*row_key*/, std::string_view /*row*/) { return false; }
  /// Every row has been given.
  virtual void restored() {}
  virtual void take_changes(std::vector<LaneStateChange>& /*out*/) {}
  /// Keys that were given up for others.
  [[nodiscard]] virtual std::uint64_t forgotten() const noexcept { return 0; }
};

/// `tag` names the step's rows.
std::unique_ptr<Reduction> make_deadband(const DeadbandOptions& options, const std::string& tag, FieldReader& reader);
std::unique_ptr<Reduction> make_changed(const ChangedOptions& options, const std::string& tag, FieldReader& reader);
std::unique_ptr<Reduction> make_throttle(const ThrottleOptions& options, const std::string& tag, FieldReader& reader);
std::unique_ptr<Reduction> make_sample(const SampleOptions& options, FieldReader& reader);
std::unique_ptr<Reduction> make_dedupe(const DedupeOptions& options, const std::string& tag, FieldReader& reader);

}  // namespace tidegate
