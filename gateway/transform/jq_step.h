#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gateway/event/event.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/spool/spool.h"
#include "gateway/transform/jq/runner.h"

namespace tidegate {

/// Appends what a program sees of an event: one JSON object with the fields that patterns have, captures as an object.
/// `data` is the payload when it is JSON, or a string when it is other text; other bytes are in `data_base64`; an event
/// without a payload has neither.
void append_jq_input(const Event& event, const TopicFilter& topic, std::string& out);

/// The events that leave in place of one: each output its payload. Several have ids of their own, "<id>.1" and on.
std::vector<Event> jq_parts(const Event& event, std::vector<std::string> outputs);

/// The jq program of one lane. Its process starts with the first event. *Threads*: one user at a time.
class JqStep {
 public:
  explicit JqStep(std::string program) : program_(std::move(program)) {}

  /// One answer each, from the first event on, of at least one; of none while there can be no process. *Blocks* as
  /// JqRunner::run.
  std::vector<JqAnswer> run(std::span<const StoredEvent> events, const TopicFilter& topic);
  /// Why there can be no process; empty: there can, as far as is known.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  Result<std::vector<JqAnswer>> answers_of(std::span<const std::string> inputs);

  std::string program_;
  std::unique_ptr<JqRunner> runner_;  ///< once it could be started
  std::string trouble_;
};

}  // namespace tidegate
