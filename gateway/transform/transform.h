#pragma once

#include <optional>
#include <string>

#include "gateway/event/event.h"
#include "gateway/transform/options.h"
#include "gateway/transform/payload_values.h"
#include "gateway/transform/template.h"

namespace tidegate {

/// Makes the event that leaves of the one that came in, by the templates of a route. All of them see the event as it
/// came in. *Threads*: one user at a time.
class Transform {
 public:
  explicit Transform(TransformOptions options, std::string route = {});

  /// Fills `out`, which must be a fresh event. *Errors*: a sentence for the dead letter; `out` is of no use then.
  std::optional<std::string> apply(const Event& in, const Captures& captures, Event& out);

 private:
  [[nodiscard]] std::optional<std::string> make_payload(const TemplateInput& input, Event& out) const;
  [[nodiscard]] std::optional<std::string> make_envelope(const TemplateInput& input, Event& out) const;
  [[nodiscard]] std::optional<std::string> make_attributes(const TemplateInput& input, Event& out) const;

  TransformOptions options_;
  std::string route_;
  PayloadValues values_;
};

}  // namespace tidegate
