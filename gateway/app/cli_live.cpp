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

}  // namespace

void add_live_commands(CLI::App& app, Parsed& p) { add_tap(app, p); }

}  // namespace tidegate
