#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "gateway/app/commands.h"

/// What the files that describe the command line share.
namespace tidegate {

/// What the command line sets, and the command it chose.
struct Parsed {
  CommonOptions common{.config_file = "/etc/tidegate/tidegate.yaml", .json = false};
  SpoolChoice spool;
  DeadChoice choice;
  LaneChoice lane;
  ReplayChoice replay;
  TapChoice tap;
  TestChoice test;
  ExplainChoice explain;
  DiffChoice diff;
  std::uint64_t number = 0;
  std::filesystem::path output;
  bool connect = false;
  bool reference = false;
  std::function<int()> command;
};

void add_config(CLI::App& app, Parsed& parsed);
void add_json(CLI::App& app, Parsed& parsed);
/// `about` is its line in the list of commands; `details` follow its own options.
CLI::App& add_command(CLI::App& app, Parsed& parsed, const char* name, const char* about, const char* details,
                      std::function<int()> run);

/// The commands that need a gateway that runs.
void add_live_commands(CLI::App& app, Parsed& parsed);
/// The commands that try a config without a gateway.
void add_trial_commands(CLI::App& app, Parsed& parsed);

}  // namespace tidegate
