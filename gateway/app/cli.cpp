#include "gateway/app/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>

#include "gateway/app/cli_parts.h"
#include "gateway/app/commands.h"
#include "gateway/app/load.h"
#include "gateway/config/diagnostics.h"

namespace tidegate {

namespace {

constexpr const char* kAbout =
    "Tidegate keeps every event on disk until it is delivered.\n"
    "It takes events from MQTT brokers, acknowledges them once they are on disk, and delivers them to HTTPS endpoints.";

constexpr const char* kFooter =
    "Start with:\n"
    "  tidegate check -c tidegate.yaml             what is wrong with the config, all of it\n"
    "  tidegate check --connect -c tidegate.yaml   whether brokers and endpoints answer\n"
    "  tidegate test -c tidegate.yaml              whether it does what your test cases say\n"
    "  tidegate run -c tidegate.yaml               run the gateway\n"
    "  tidegate status                             how it is doing\n"
    "  tidegate tap                                see the events that come in\n"
    "  tidegate audit                              prove that nothing was lost\n\n"
    "Exit codes: 0 fine, 1 failed at run time, 2 wrong usage or config.";

void add_data_dir(CLI::App& app, Parsed& parsed) {
  app.add_option("--data-dir", parsed.spool.data_dir,
                 "Read this data directory (a copy, say), whatever the config says");
}
void add_lane(CLI::App& app, Parsed& parsed, const char* text) {
  app.add_option("--lane", parsed.choice.lane, text)->type_name("ROUTE/SINK");
}

void add_dead_commands(CLI::App& app, Parsed& p) {
  CLI::App& dead = *app.add_subcommand("dead", "Dead letters: events that a sink refused for good");
  dead.footer(
      "A dead letter is the whole event, its lane and the reason. It stays until it is retried or dropped.\n"
      "With a gateway running, these commands ask it; otherwise they read its data directory.");
  dead.require_subcommand(1);

  CLI::App& list = add_command(dead, p, "list", "List them, oldest first", "With --json: one object a line.",
                               [&p] { return dead_list_command(p.common, p.spool, p.choice.lane); });
  CLI::App& show = add_command(dead, p, "show", "Show one, with its event", "The event is shown as a CloudEvent.",
                               [&p] { return dead_show_command(p.common, p.spool, p.number); });
  show.add_option("number", p.number, "Its number in `dead list`")->required();
  CLI::App& retry = add_command(dead, p, "retry", "Deliver them after all",
                                "They keep their ids: a receiver that has one already recognises it.",
                                [&p] { return dead_retry_command(p.common, p.choice); });
  CLI::App& exported =
      add_command(dead, p, "export", "Write them to a file, and keep them", "One CloudEvent a line (NDJSON).",
                  [&p] { return dead_export_command(p.common, p.spool, p.choice.lane, p.output); });
  exported.add_option("-o,--output", p.output, "The file to write; left out: stdout");
  CLI::App& drop = add_command(dead, p, "drop", "Remove them for good", "They stay counted as dead in the books.",
                               [&p] { return dead_drop_command(p.common, p.choice); });
  drop.add_flag("--yes", p.choice.yes, "Really; needed with --all");
  for (CLI::App* command : {&retry, &drop}) {
    command->add_option("numbers", p.choice.numbers, "Their numbers in `dead list`");
    command->add_flag("--all", p.choice.all, "All of them, or all of --lane");
    add_lane(*command, p, "With --all: only this lane's");
  }
  for (CLI::App* command : {&list, &exported}) add_lane(*command, p, "Only this lane's");
  for (CLI::App* command : {&list, &show, &exported}) add_data_dir(*command, p);
  for (CLI::App* command : {&list, &show, &retry, &exported, &drop}) add_config(*command, p);
  for (CLI::App* command : {&list, &show, &retry, &drop}) add_json(*command, p);
}

void add_check(CLI::App& app, Parsed& p) {
  CLI::App& check =
      add_command(app, p, "check", "Say everything that is wrong with a config",
                  "Changes nothing. A broker is tried under a client id of its own, \"<id>-check\", so that a\n"
                  "gateway that runs keeps its session.",
                  [&p] { return check_command(p.common, p.connect); });
  check.add_flag("--connect", p.connect, "Also reach every broker and endpoint, sending no event");
  add_config(check, p);
  add_json(check, p);
}

void add_commands(CLI::App& app, Parsed& p) {
  add_config(app, p);
  add_config(add_command(app, p, "run", "Run the gateway",
                         "SIGTERM or SIGINT stops it: what is in flight may finish, for gateway.shutdown_timeout.\n"
                         "A second signal stops it at once. Nothing that was acknowledged is lost either way.",
                         [&p] { return run_command(p.common); }),
             p);
  add_check(app, p);
  add_trial_commands(app, p);

  CLI::App& status =
      add_command(app, p, "status", "How the gateway is doing",
                  "Asks the gateway at gateway.admin.listen; when none runs, reads what its spool holds.",
                  [&p] { return status_command(p.common); });
  add_config(status, p);
  add_json(status, p);

  CLI::App& audit =
      add_command(app, p, "audit", "Prove that nothing was lost",
                  "Counts every stored event again and compares with the books: exit code 1 when they do\n"
                  "not balance. Works while the gateway runs, and changes nothing.",
                  [&p] { return audit_command(p.common, p.spool); });
  add_config(audit, p);
  add_data_dir(audit, p);
  add_json(audit, p);

  add_dead_commands(app, p);
  add_live_commands(app, p);

  CLI::App& schema = add_command(app, p, "schema", "Print the JSON Schema of the config",
                                 "Editors that know it complete and check the file as you type.",
                                 [&p] { return schema_command(p.reference); });
  schema.add_flag("--reference", p.reference, "Print the reference of all options instead, as Markdown");
  add_json(add_command(app, p, "version", "Print the version", "", [&p] { return version_command(p.common.json); }), p);
}

/// CLI11 would only say that a command is missing.
bool knows_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return true;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return true;
  const std::vector<std::string_view> views(names.begin(), names.end());
  complain("there is no command " + quote(argv[1]) + did_you_mean(argv[1], views) + " (see tidegate --help)");
  return false;
}

}  // namespace

void add_config(CLI::App& app, Parsed& parsed) {
  app.add_option("-c,--config", parsed.common.config_file, "The config file")
      ->envname("TIDEGATE_CONFIG")
      ->capture_default_str();
}

void add_json(CLI::App& app, Parsed& parsed) { app.add_flag("--json", parsed.common.json, "Print JSON, for programs"); }

CLI::App& add_command(CLI::App& app, Parsed& parsed, const char* name, const char* about, const char* details,
                      std::function<int()> run) {
  CLI::App& command = *app.add_subcommand(name, about);
  command.footer(details);
  command.callback([&parsed, run = std::move(run)] { parsed.command = run; });
  return command;
}

int run_cli(int argc, const char* const* argv) {
  CLI::App app(kAbout, "tidegate");
  app.footer(kFooter);
  app.require_subcommand(1);
  Parsed parsed;
  add_commands(app, parsed);
  if (!knows_command(app, argc, argv)) return kExitUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitFine : kExitUsage;
  }
  try {
    return parsed.command();
  } catch (const std::exception& bug) {
    complain(std::string("internal error: ") + bug.what());
    return kExitFailed;
  }
}

}  // namespace tidegate
