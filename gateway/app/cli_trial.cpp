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

}  // namespace

void add_trial_commands(CLI::App& app, Parsed& p) { add_test(app, p); }

}  // namespace tidegate
