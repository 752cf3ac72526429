#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The subcommands of the program, one file each. Each returns the process's exit code, prints its result to stdout and
/// everything else to stderr.
namespace tidegate {

inline constexpr int kExitFine = 0;
inline constexpr int kExitFailed = 1;  ///< failed at run time, or the answer is no
inline constexpr int kExitUsage = 2;   ///< wrong usage or a wrong config

/// What every subcommand is told.
struct CommonOptions {
  std::filesystem::path config_file;
  bool json = false;
};

/// Where the commands that read a spool find it: the config's data directory unless one is named.
struct SpoolChoice {
  std::filesystem::path data_dir;  ///< empty: the config's
};

struct DeadChoice {
  std::vector<std::uint64_t> numbers;
  bool all = false;
  std::string lane;  ///< "route/sink"; empty: every lane
  bool yes = false;
};

/// Which lane that the config no longer names, and what becomes of it.
struct LaneChoice {
  std::string lane;  ///< "route/sink"
  std::string to;    ///< the lane that adopts
  bool yes = false;  ///< do not ask
};

/// Which events `tidegate replay` sends again, or what else it does about replays.
struct ReplayChoice {
  std::string route, sink;
  std::string since, until;  ///< RFC 3339, or a span back from now
  std::string where;         ///< an event pattern, JSON; empty: every event
  std::uint64_t rate = 0;
  bool dry_run = false;
  bool list = false;
  std::optional<std::uint64_t> cancel;  ///< the number of a replay
};

/// Which events `tidegate tap` shows, and how many.
struct TapChoice {
  std::string route;        ///< empty: every event
  std::string where;        ///< an event pattern, JSON; empty: every event
  std::uint64_t count = 0;  ///< end after so many; 0: until interrupted
};

/// What `tidegate test` is to try.
struct TestChoice {
  std::vector<std::filesystem::path> files;  ///< empty: the one beside the config
  std::string filter;                        ///< only cases whose name holds it
};

/// Which events `tidegate explain` explains: one, or those of a file.
struct ExplainChoice {
  std::string topic, data, source;
  std::vector<std::string> attributes;  ///< NAME=VALUE
  std::string events;                   ///< a file of NDJSON, "-" for standard input; empty: the one event
  bool outputs = false;                 ///< with JSON: also what the sinks would get
};

/// Which configs `tidegate diff` compares, over which stored events.
struct DiffChoice {
  std::filesystem::path before, after;
  std::filesystem::path data_dir;  ///< empty: that of `before`
  std::string over;                ///< a duration back from now; empty: everything stored
  std::string where;               ///< an event pattern, JSON; empty: every event
  bool exit_code = false;          ///< a difference ends with kExitFailed
};

int run_command(const CommonOptions& common);
int check_command(const CommonOptions& common, bool connect);
int status_command(const CommonOptions& common);
int audit_command(const CommonOptions& common, const SpoolChoice& spool);
int dead_list_command(const CommonOptions& common, const SpoolChoice& spool, const std::string& lane);
int dead_show_command(const CommonOptions& common, const SpoolChoice& spool, std::uint64_t number);
int dead_retry_command(const CommonOptions& common, const DeadChoice& choice);
int dead_drop_command(const CommonOptions& common, const DeadChoice& choice);
int dead_export_command(const CommonOptions& common, const SpoolChoice& spool, const std::string& lane,
                        const std::filesystem::path& file);
int lanes_list_command(const CommonOptions& common);
int lanes_adopt_command(const CommonOptions& common, const LaneChoice& choice);
int lanes_drop_command(const CommonOptions& common, const LaneChoice& choice);
int replay_command(const CommonOptions& common, const ReplayChoice& choice);
int tap_command(const CommonOptions& common, const TapChoice& choice);
int explain_command(const CommonOptions& common, const ExplainChoice& choice);
int diff_command(const DiffChoice& choice, bool json_text);
int test_command(const CommonOptions& common, const TestChoice& choice);
int schema_command(bool reference);
int version_command(bool json);

}  // namespace tidegate
