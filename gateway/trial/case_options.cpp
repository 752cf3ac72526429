#include "gateway/trial/case_options.h"

#include <variant>

#include "gateway/config/scalars.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/trial/limits.h"

namespace tidegate {

using namespace std::chrono_literals;

namespace {

/// For parts that are read later, when more is known.
std::variant<ConfigNode, TreeFault> as_it_is(const ConfigNode& node) { return node; }

Result<std::string> read_topic(std::string_view text) {
  if (is_topic_name(text)) return std::string(text);
  return Error{ErrorCode::invalid, "is no topic: it must be text without + and #"};
}

template <class S>
std::optional<OptionFault> only_one(const S& row) {
  const int payloads =
      (row.data ? 1 : 0) + (row.series ? 1 : 0) + (row.text.empty() ? 0 : 1) + (row.base64.empty() ? 0 : 1);
  if (payloads <= 1) return std::nullopt;
  return OptionFault{row.data     ? "data"
                     : row.series ? "series"
                                  : "text",
                     "of data, series, text and base64 only one may be given"};
}

}  // namespace

const OptionTableOf<CaseRow>& case_options() {
  static const auto table =
      OptionTableOf<CaseRow>("One case.")
          .required("name", &CaseRow::name, "What the case shows, as a sentence.")
          .tree("given", &CaseRow::given, as_it_is, "a list of events", "The events that come in.")
          .tree("sinks", &CaseRow::sinks, as_it_is, "a list of steps for each sink",
                "What peers do; else they take all.")
          .option("run_for", &CaseRow::run_for, "Virtual time that passes; left out: until nothing is left to happen.",
                  between(1ms, limits::kCaseRunMax))
          .parsed("starts", &CaseRow::starts, read_time, "a time, RFC 3339", "What the clock shows in the beginning.")
          .tree("expect", &CaseRow::expect, as_it_is, "a map of routes, or ROUTE/SINK", "What must come of it.");
  return table;
}

const OptionTableOf<GivenRow>& given_options() {
  static const auto table =
      OptionTableOf<GivenRow>("Events that come in.")
          .option("source", &GivenRow::source, "The source that brings it; needed when the config has several.")
          .required_parsed("topic", &GivenRow::topic, read_topic, "MQTT topic", "The topic; the event's subject.")
          .tree("data", &GivenRow::data, as_it_is, "any value", "The payload, as JSON.")
          .tree("series", &GivenRow::series, as_it_is, "a list of values", "Payloads of one event each, in turn.")
          .option("text", &GivenRow::text, "The payload, byte for byte.")
          .option("base64", &GivenRow::base64, "The payload, for bytes that are no text.")
          .option("id", &GivenRow::id, "The producer's own id; else one is minted.")
          .option("type", &GivenRow::type, "The producer's own event type.")
          .parsed("time", &GivenRow::time, read_time, "a time, RFC 3339", "The producer's own time.")
          .option("datacontenttype", &GivenRow::datacontenttype, "The payload's media type.")
          .option("attributes", &GivenRow::attributes, "Attributes: user properties, headers.")
          .option("at", &GivenRow::at, "When it comes in, after the beginning.", between(0ms, limits::kCaseRunMax))
          .option("repeat", &GivenRow::repeat, "How many of them come.", between(1, limits::kCaseEventsMax))
          .option("every", &GivenRow::every, "Time between them.", between(0ms, limits::kCaseRunMax))
          .check(only_one<GivenRow>);
  return table;
}

const OptionTableOf<ScriptStep>& script_options() {
  static const auto table =
      OptionTableOf<ScriptStep>("What a peer does for a while.")
          .option("answer", &ScriptStep::answer, "ok, down, timeout, or what such a peer answers: for http a status.")
          .option("for", &ScriptStep::lasts, "How long.", between(1ms, limits::kCaseRunMax))
          .option("times", &ScriptStep::times, "For how many requests.", at_least(1))
          .option("retry_after", &ScriptStep::retry_after, "The wait that it asks for.", between(0s, 24h * 366))
          .option("takes", &ScriptStep::takes, "Until the answer is there.", between(1ms, 24h))
          .option("reason", &ScriptStep::reason, "What it says beside the answer.")
          .shorthand("answer")
          .check([](const ScriptStep& step) -> std::optional<OptionFault> {
            if (!step.lasts || !step.times) return std::nullopt;
            return OptionFault{"times", "a step ends after \"times\" requests or \"for\" a while; write two steps"};
          });
  return table;
}

const OptionTableOf<EventShape>& shape_options() {
  static const auto table =
      OptionTableOf<EventShape>("An event, as far as it matters.")
          .option("count", &EventShape::count, "So many of them, one after the other.")
          .option("id", &EventShape::id, "Its id.")
          .option("source", &EventShape::source, "Its CloudEvents source: /GATEWAY/SOURCE unless the producer says.")
          .option("type", &EventShape::type, "Its type.")
          .option("subject", &EventShape::subject, "Its subject: the topic.")
          .parsed("time", &EventShape::time, read_time, "a time, RFC 3339", "Its time.")
          .option("datacontenttype", &EventShape::datacontenttype, "Its payload's media type.")
          .tree("data", &EventShape::data, as_it_is, "any value", "A part of its JSON payload.")
          .option("text", &EventShape::text, "Its payload, byte for byte.")
          .option("attributes", &EventShape::attributes, "Some of its attributes.")
          .option("reason", &EventShape::reason, "Of a dead letter: a part of the reason.")
          .shorthand("count");
  return table;
}

const OptionTableOf<ExpectationRow>& expectation_options() {
  static const auto table =
      OptionTableOf<ExpectationRow>("What is expected of a lane.")
          .tree("matched", &ExpectationRow::matched, as_it_is, "numbers of given events", "Which the route takes.")
          .tree("delivered", &ExpectationRow::delivered, as_it_is, "a number, or a list", "What the sink took.")
          .tree("filtered", &ExpectationRow::filtered, as_it_is, "a number, or one for each reason",
                "What was left out.")
          .tree("dead", &ExpectationRow::dead, as_it_is, "a number, or a list", "What went to the dead letters.")
          .option("pending", &ExpectationRow::pending, "How many wait.")
          .tree("at", &ExpectationRow::at, as_it_is, "a map of times", "The same, at moments before the end.");
  return table;
}

}  // namespace tidegate
