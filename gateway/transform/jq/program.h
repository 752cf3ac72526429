#pragma once

#include <simdjson.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/transform/jq/bounds.h"
#include "gateway/transform/jq/libjq.h"

namespace tidegate {

/// A program in libjq. Nothing here is bounded but the outputs: it belongs into a process of its own.
class JqProgram {
 public:
  /// `no_memory` is called when libjq finds none, and must not return. *Errors*: invalid, with jq's message.
  static Result<std::unique_ptr<JqProgram>> compile(const std::string& text, void (*no_memory)(void*));

  /// Makes `reply` what the program says of `input`, one JSON value; `readable` bytes may be read there, of which at
  /// least SIMDJSON_PADDING lie behind it.
  void run(std::string_view input, std::size_t readable, const JqBounds& bounds, std::string& reply);

 private:
  struct Teardown {
    void operator()(jq_state* state) const noexcept { jq_teardown(&state); }
  };
  explicit JqProgram(jq_state* state) : state_(state) {}

  [[nodiscard]] jv parse(std::string_view input, std::size_t readable);

  std::unique_ptr<jq_state, Teardown> state_;
  simdjson::ondemand::parser parser_;
};

}  // namespace tidegate
