#include "gateway/app/cli_parts.h"

namespace tidegate {

namespace {

void add_tap(CLI::App& app, Parsed& p) {
  CLI::App& tap = add_command(app, p, "tap", "Show the events that come in",
                              "One line per event as it is matched with the routes, which is before it is on disk:\n"
                              "time, source, subject, routes, the payload's beginning. With --json: the CloudEvent, "
                              "and \"routes\".\nCtrl-C ends it. It says how many events it missed when they come "
                              "faster than it can show them.",
                              [&p] { return tap_command(p.common, p.tap); });
  tap.add_option("--route", p.tap.route, "Only events that this route wants");
  tap.add_option("--where", p.tap.where, "Only events that match this event pattern (JSON, as in a route's match)");
  tap.add_option("-n,--count", p.tap.count, "End after so many events");
  add_config(tap, p);
  add_json(tap, p);
}

void add_lanes(CLI::App& app, Parsed& p) {
  CLI::App& lanes = *app.add_subcommand("lanes", "Lanes, and what becomes of those that left the config");
  lanes.footer(
      "A lane is a route feeding a sink. When its route is renamed or removed, its backlog waits: the lane is\n"
      "orphaned until another lane adopts its events, or somebody drops them.");
  lanes.require_subcommand(1);
  CLI::App& list = add_command(lanes, p, "list", "List them", "With --json: one object a line.",
                               [&p] { return lanes_list_command(p.common); });
  CLI::App& adopt = add_command(lanes, p, "adopt", "Give an orphan's pending events to another lane",
                                "They keep their ids, and are delivered behind what waits there. Dead letters stay.",
                                [&p] { return lanes_adopt_command(p.common, p.lane); });
  CLI::App& drop = add_command(lanes, p, "drop", "Remove what waits in an orphan for good",
                               "Its events count as evicted in the books; its dead letters are removed.",
                               [&p] { return lanes_drop_command(p.common, p.lane); });
  for (CLI::App* command : {&adopt, &drop})
    command->add_option("lane", p.lane.lane, "The orphan")->type_name("ROUTE/SINK")->required();
  adopt.add_option("--to", p.lane.to, "The lane that delivers them")->type_name("ROUTE/SINK")->required();
  drop.add_flag("--yes", p.lane.yes, "Really; needed when there is no terminal to ask at");
  for (CLI::App* command : {&list, &adopt, &drop}) {
    add_config(*command, p);
    add_json(*command, p);
  }
}

void add_replay(CLI::App& app, Parsed& p) {
  CLI::App& replay = add_command(
      app, p, "replay", "Send stored events again",
      "Copies of what a route wants go out once more, with the same ids and the attribute\n"
      "tidegatereplay. They come from the log, which keeps delivered events for spool.retain.\n"
      "The gateway does it, also when this command ends, or the gateway itself in between.\n"
      "A TIME is 2026-05-01T06:00:00Z, or a span back from now: 2h. It is when the gateway stored an event.",
      [&p] { return replay_command(p.common, p.replay); });
  replay.add_option("--route", p.replay.route, "The route whose events it sends");
  replay.add_option("--since", p.replay.since, "From this time on")->type_name("TIME");
  replay.add_option("--until", p.replay.until, "To this time")->type_name("TIME");
  replay.add_option("--where", p.replay.where,
                    "Only events that match this event pattern (JSON, as in a route's match)");
  replay.add_option("--to", p.replay.sink, "Only to this sink of the route")->type_name("SINK");
  replay.add_option("--rate", p.replay.rate, "At most so many events a second");
  replay.add_flag("--dry-run", p.replay.dry_run, "Only count them");
  replay.add_flag("--list", p.replay.list, "List the replays instead");
  replay.add_option("--cancel", p.replay.cancel, "Cancel this replay instead")->type_name("NUMBER");
  add_config(replay, p);
  add_json(replay, p);
}

}  // namespace

void add_live_commands(CLI::App& app, Parsed& p) {
  add_lanes(app, p);
  add_replay(app, p);
  add_tap(app, p);
}

}  // namespace tidegate
