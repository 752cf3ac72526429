#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "connectors/fields/text.h"
#include "gateway/base/result.h"
#include "gateway/transform/payload_values.h"
#include "gateway/transform/template.h"

namespace tidegate::fields {

/// One text of a TextFields.
using Field = StrongId<struct FieldTag, std::uint32_t>;

/// The texts that a sink fills of every event: what they want of its payload is found in one pass over it.
/// *Threads*: one user at a time.
class TextFields {
 public:
  /// `route`: what ${route} stands for.
  explicit TextFields(std::string route = {}) : route_(std::move(route)) {}

  /// All are added before the first read().
  Field add(Template from);
  Field add(const Text& text) { return add(text.filled()); }

  /// Looks at an event, which must stay while its fields are appended.
  void read(const OutEvent& event);

  /// Appends the text of the event that was read. *Errors*: invalid, a sentence for the dead letter ("data.line is
  /// missing", longer than `bytes_max`); `out` is as it was then.
  Status append(Field field, std::string& out, std::size_t bytes_max) const;
  /// The text is one placeholder with `?`, and the event has no value for it: there is no text, not an empty one.
  [[nodiscard]] bool is_nothing(Field field) const;

 private:
  [[nodiscard]] TemplateInput input() const { return {event_->event, event_->captures, values_, route_}; }

  std::string route_;
  std::vector<Template> templates_;
  PayloadValues values_;
  const OutEvent* event_ = nullptr;  ///< that was read
};

}  // namespace tidegate::fields
