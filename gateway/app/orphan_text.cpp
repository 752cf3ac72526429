#include "gateway/app/orphan_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "gateway/base/printable.h"

namespace tidegate {

using nlohmann::json;

namespace {

std::string name_in(const json& row) { return printable(row.value("name", std::string{})); }

std::string_view route_in(std::string_view lane) { return lane.substr(0, lane.find('/')); }
std::string_view sink_in(std::string_view lane) { return lane.substr(lane.find('/') + 1); }

/// As one word of a POSIX shell.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,=";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? R"('\'')" : std::string(1, c);
  return out + "'";
}

/// The lane that an orphan's events most likely belong to: its route was renamed, or else its sink.
std::string likely_heir(const json& status, const std::string& orphan) {
  std::string best;
  int best_likeness = -1;
  for (const json& row : status.at("lanes")) {
    if (!row.value("configured", true)) continue;
    const std::string name = name_in(row);
    const int likeness = sink_in(name) == sink_in(orphan) ? 2 : route_in(name) == route_in(orphan) ? 1 : 0;
    if (likeness <= best_likeness) continue;
    best = name;
    best_likeness = likeness;
  }
  return best.empty() ? "ROUTE/SINK" : best;
}

std::string undecided(const json& status, const json& row, const std::string& config) {
  const std::string name = name_in(row);
  const auto pending = row.at("ledger").value("pending", std::uint64_t{0});
  const auto dead = row.value("dead_letters", std::uint64_t{0});
  std::string out = fmt::format("note  lane {} is not in the config; {} events and {} dead letters wait in it\n", name,
                                pending, dead);
  if (pending > 0)
    out += fmt::format("      tidegate lanes adopt {} --to {}{}   # another lane delivers the events\n", name,
                       likely_heir(status, name), config);
  if (dead > 0)
    out += fmt::format("      tidegate dead export --lane {} -o dead.ndjson{}   # keep the dead letters in a file\n",
                       name, config);
  return out + fmt::format("      tidegate lanes drop {}{}   # give all of it up\n", name, config);
}

}  // namespace

std::string orphan_state(const json& row) {
  const std::string leaving = row.value("leaving", std::string{});
  return leaving == "dropped" ? "dropping" : leaving == "adopted" ? "adopted" : "orphaned";
}

std::string orphan_text(const json& status, const std::filesystem::path& config_file) {
  const std::string config = " -c " + quoted(config_file.string());
  std::string out;
  for (const json& row : status.at("lanes")) {
    if (row.value("configured", true)) continue;
    const std::string state = orphan_state(row);
    if (state == "orphaned") {
      out += "\n" + undecided(status, row, config);
    } else if (state == "adopted") {
      out += fmt::format("\nnote  lane {} is not in the config; {} takes its events over\n", name_in(row),
                         printable(row.value("adopted_by", std::string{})));
    }
  }
  return out;
}

}  // namespace tidegate
