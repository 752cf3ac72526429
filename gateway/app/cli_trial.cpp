#include "gateway/app/cli_parts.h"

namespace tidegate {

namespace {

void add_test(CLI::App& app, Parsed& p) {
  CLI::App& test = add_command(app, p, "test", "Try a config on cases that say what must come of which events",
                               "Left out, CASES is the file beside the config: gateway.test.yaml for gateway.yaml.\n"
                               "Runs in virtual time; reaches for no broker, endpoint or disk.",
                               [&p] { return test_command(p.common, p.test); });
  test.add_option("cases", p.test.files, "Files of cases (YAML)")->type_name("CASES");
  test.add_option("--filter", p.test.filter, "Only cases whose name holds this")->type_name("TEXT");
  add_config(test, p);
  add_json(test, p);
}

void add_explain(CLI::App& app, Parsed& p) {
  CLI::App& explain = add_command(
      app, p, "explain", "Say which routes take an event, and why the others do not",
      "A line of --events is an object with \"topic\" and \"data\" (any JSON), or \"text\" or \"base64\" "
      "in its place;\nalso source, id, type, time, datacontenttype, attributes. With --json one line per event:\n"
      "  {\"routes\": {\"ROUTE\": {\"matched\": false, \"reason\": \"...\"}}}, or {\"line\": 7, "
      "\"error\": \"...\"}\n"
      "for a line that is wrong; the others are explained all the same, and the exit code is 2.",
      [&p] { return explain_command(p.common, p.explain); });
  explain.add_option("--topic", p.explain.topic, "The event's topic");
  explain.add_option("--data", p.explain.data, "Its payload, usually JSON");
  explain.add_option("--source", p.explain.source, "The source that brings it; left out: the only one, or any");
  explain.add_option("--attribute", p.explain.attributes, "An attribute of it; may be repeated")
      ->type_name("NAME=VALUE");
  explain.add_option("--events", p.explain.events, "Explain the events of a file instead; - is standard input")
      ->type_name("FILE");
  explain.add_flag("--outputs", p.explain.outputs, "With --json: also what each sink would get");
  add_config(explain, p);
  add_json(explain, p);
}

void add_diff(CLI::App& app, Parsed& p) {
  CLI::App& diff = add_command(
      app, p, "diff", "Say what another config would do differently with the events that are stored",
      "Sends each event that the data directory holds (spool.retain keeps delivered ones) through the routes of both\n"
      "configs, and counts per route and sink what it loses and gains. Reads only; the gateway may run.",
      [&p] { return diff_command(p.diff, p.common.json); });
  diff.add_option("OLD", p.diff.before, "The config as it is")->required()->type_name("FILE");
  diff.add_option("NEW", p.diff.after, "The config as it may become")->required()->type_name("FILE");
  diff.add_option("--over", p.diff.over, "Only what came in so long ago or later, such as 24h")->type_name("DURATION");
  diff.add_option("--where", p.diff.where, "Only events that match this event pattern (JSON)")->type_name("PATTERN");
  diff.add_option("--data-dir", p.diff.data_dir, "Where the events are; left out: the data_dir of OLD")
      ->type_name("DIR");
  diff.add_flag("--exit-code", p.diff.exit_code, "End with 1 when there is a difference");
  add_json(diff, p);
}

}  // namespace

void add_trial_commands(CLI::App& app, Parsed& p) {
  add_test(app, p);
  add_explain(app, p);
  add_diff(app, p);
}

}  // namespace tidegate
