#include "gateway/transform/jq/program.h"

#include <algorithm>
#include <utility>

#include "gateway/event/json_text.h"
#include "gateway/transform/jq/limits.h"
#include "gateway/transform/jq/wire.h"

namespace tidegate {

namespace {

namespace od = simdjson::ondemand;

std::string_view text_of(jv string) {
  return {jv_string_value(string), static_cast<std::size_t>(jv_string_length_bytes(jv_copy(string)))};
}

/// An error of a program as people read it: its text, or the JSON that was thrown.
std::string message_of(jv thrown) {
  if (jv_get_kind(thrown) != JV_KIND_STRING) thrown = jv_dump_string(thrown, 0);
  std::string text(text_of(thrown));
  jv_free(thrown);
  return text;
}

/// Fails the way a function of libjq does. Consumes `so_far`.
jv give_up(jv so_far) {
  jv_free(so_far);
  return jv_invalid();
}

jv built(od::value value);

jv built_object(od::value value) {
  od::object members;
  jv object = jv_object();
  if (value.get_object().get(members) != simdjson::SUCCESS) return give_up(object);
  for (auto member : members) {
    std::string_view key;
    od::value content;
    if (member.unescaped_key().get(key) != simdjson::SUCCESS || member.value().get(content) != simdjson::SUCCESS)
      return give_up(object);
    jv name = jv_string_sized(key.data(), static_cast<int>(key.size()));
    jv made = built(content);
    if (!jv_is_valid(made)) {
      jv_free(name);
      return give_up(object);
    }
    object = jv_object_set(object, name, made);
  }
  return object;
}

jv built_array(od::value value) {
  od::array elements;
  jv array = jv_array();
  if (value.get_array().get(elements) != simdjson::SUCCESS) return give_up(array);
  for (auto element : elements) {
    od::value content;
    if (element.get(content) != simdjson::SUCCESS) return give_up(array);
    jv made = built(content);
    if (!jv_is_valid(made)) return give_up(array);
    array = jv_array_append(array, made);
  }
  return array;
}

/// The value in libjq; invalid when simdjson does not take it. jv_parse takes four times as long.
jv built(od::value value) {
  od::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return jv_invalid();
  switch (type) {
    case od::json_type::object: return built_object(value);
    case od::json_type::array: return built_array(value);
    case od::json_type::number: {
      double number = 0;
      return value.get_double().get(number) == simdjson::SUCCESS ? jv_number(number) : jv_invalid();
    }
    case od::json_type::string: {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) return jv_invalid();
      return jv_string_sized(text.data(), static_cast<int>(text.size()));
    }
    case od::json_type::boolean: {
      bool is = false;
      return value.get_bool().get(is) == simdjson::SUCCESS ? jv_bool(is ? 1 : 0) : jv_invalid();
    }
    case od::json_type::null: return jv_null();
  }
  return jv_invalid();
}

void erase_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what)) text.erase(at, what.size());
}

/// One complaint of jq's compiler, without what only makes sense where jq is typed into a shell.
void note_complaint(void* complaints, jv complaint) {
  std::string text = message_of(complaint);
  if (text.ends_with("compile error") || text.ends_with("compile errors")) return;
  if (text.starts_with("jq: error: ")) text.erase(0, sizeof "jq: error: " - 1);
  erase_all(text, " (Unix shell quoting issues?)");
  if (const std::size_t quoted = text.find(":\n"); quoted != std::string::npos) text.resize(quoted);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.starts_with("module not found")) text += " (a program here has no files to import)";
  auto& all = *static_cast<std::string*>(complaints);
  if (!all.empty()) all += "; ";
  all += text;
}

jv no_more_inputs(jq_state* /*state*/, void* /*unused*/) { return jv_invalid(); }

void fail(std::string_view message, std::string& reply) {
  reply.assign(1, static_cast<char>(JqReply::failure));
  reply.append(message.empty() ? "the program failed without a message" : message);
}

/// Why the program's last value is none, when that is a failure. Consumes it.
bool failed(jq_state* state, jv last, std::string& reply) {
  if (jq_halted(state) != 0) {
    jv_free(last);
    jv code = jq_get_exit_code(state);
    const bool wrong = jv_is_valid(code) && (jv_get_kind(code) != JV_KIND_NUMBER || jv_number_value(code) != 0);
    jv_free(code);
    if (wrong) fail(message_of(jq_get_error_message(state)), reply);
    return wrong;
  }
  if (jv_invalid_has_msg(jv_copy(last)) == 0) {
    jv_free(last);
    return false;
  }
  fail(message_of(jv_invalid_get_msg(last)), reply);
  return true;
}

}  // namespace

Result<std::unique_ptr<JqProgram>> JqProgram::compile(const std::string& text, void (*no_memory)(void*)) {
  jq_state* state = jq_init();
  if (state == nullptr) return Error{ErrorCode::unavailable, "libjq does not start"};
  std::unique_ptr<JqProgram> program(new JqProgram(state));
  std::string complaints;
  jq_set_nomem_handler(state, no_memory, nullptr);
  jq_set_error_cb(state, note_complaint, &complaints);
  jq_set_attr(state, jv_string("JQ_LIBRARY_PATH"), jv_array());
  // jq_init() leaves both as the memory was.
  jq_set_input_cb(state, no_more_inputs, nullptr);
  jq_set_debug_cb(state, nullptr, nullptr);
  if (jq_compile(state, text.c_str()) == 0) {
    return Error{ErrorCode::invalid, complaints.empty() ? "jq does not take the program" : complaints};
  }
  jq_set_error_cb(state, nullptr, nullptr);
  return program;
}

jv JqProgram::parse(std::string_view input, std::size_t readable) {
  od::document document;
  od::value value;
  const simdjson::padded_string_view padded(input.data(), input.size(), readable);
  if (parser_.iterate(padded).get(document) == simdjson::SUCCESS &&
      document.get_value().get(value) == simdjson::SUCCESS)
    if (jv made = built(value); jv_is_valid(made)) return made;
  // Numbers beyond what a double holds: libjq has a rule for them.
  return jv_parse_sized(input.data(), static_cast<int>(input.size()));
}

void JqProgram::run(std::string_view input, std::size_t readable, const JqBounds& bounds, std::string& reply) {
  reply.assign(1, static_cast<char>(JqReply::outputs));
  jv value = parse(input, readable);
  if (!jv_is_valid(value)) return fail(message_of(jv_invalid_get_msg(value)), reply);
  jq_start(state_.get(), value, 0);
  std::size_t outputs = 0;
  std::size_t bytes = 0;
  for (value = jq_next(state_.get()); jv_is_valid(value); value = jq_next(state_.get())) {
    if (++outputs > bounds.outputs) {
      jv_free(value);
      return fail("the program made more than " + std::to_string(bounds.outputs) + " events of one", reply);
    }
    jv dumped = jv_dump_string(value, 0);
    const std::string_view text = text_of(dumped);
    bytes += text.size();
    const bool fits = bytes <= bounds.output_bytes;
    // libjq writes no JSON where it finds a value too deep.
    const bool whole = is_embeddable_json(text);
    if (fits && whole) append_frame(text, reply);
    jv_free(dumped);
    if (!whole) return fail("the program made a value that is nested too deep", reply);
    if (!fits) {
      return fail("the program made more than " + std::to_string(bounds.output_bytes) + " bytes of one event", reply);
    }
  }
  failed(state_.get(), value, reply);
}

}  // namespace tidegate
