#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "gateway/admin/limits.h"
#include "gateway/app/commands.h"
#include "gateway/app/dead_access.h"
#include "gateway/app/load.h"
#include "gateway/app/text_table.h"
#include "gateway/base/printable.h"

namespace tidegate {

using nlohmann::json;

namespace {

constexpr std::size_t kTerminalColumns = 80;
constexpr std::size_t kSubjectColumns = 32;

std::string text_in(const json& row, const char* key) { return printable(row.value(key, std::string{})); }

std::string lines_for(const json& letter) {
  std::string head = fmt::format("{:>6}  {}  {:<8}  {}  {}\n", letter.value("number", std::uint64_t{0}),
                                 text_in(letter, "last_failure").substr(0, 19) + "Z", text_in(letter, "why"),
                                 text_in(letter, "lane"), cut_to(text_in(letter, "subject"), kSubjectColumns));
  return head + "        " + cut_to(text_in(letter, "reason"), kTerminalColumns - 8) + "\n";
}

/// One dead letter as the page of it alone gives it.
struct LetterText {
  std::uint64_t number = 0;
  std::string lane;
  std::string whole;  ///< the letter, JSON
  std::string event;  ///< its event, JSON on one line, every byte of a number kept
};

/// The first letter after a number; nullopt: there is none.
Result<std::optional<LetterText>> next_letter(const DeadAccess& access, const std::string& lane, std::uint64_t after) {
  auto page = access.page({lane, after, 1}, true);
  if (!page) return std::move(page).error();
  // Parsed only to look at it: printing what was parsed would round the payload's numbers.
  const json document = json::parse(*page, nullptr, false);
  if (!document.is_object() || !document.contains("letters"))
    return Error{ErrorCode::io, "the dead letters could not be read"};
  if (document["letters"].empty()) return std::optional<LetterText>{};
  constexpr std::string_view kBefore = R"({"letters":[)";
  constexpr std::string_view kEvent = R"(,"event":)";
  const std::size_t end = page->rfind(R"(],"next":)");
  LetterText out;
  out.number = document["letters"][0].value("number", std::uint64_t{0});
  out.lane = document["letters"][0].value("lane", std::string{});
  out.whole = page->substr(kBefore.size(), end - kBefore.size());
  // Line breaks between the tokens of a payload are white space; inside strings JSON has none.
  std::replace(out.whole.begin(), out.whole.end(), '\n', ' ');
  std::replace(out.whole.begin(), out.whole.end(), '\r', ' ');
  const std::size_t event = out.whole.find(kEvent) + kEvent.size();
  out.event = out.whole.substr(event, out.whole.size() - event - 1);
  return std::optional(std::move(out));
}

/// The numbers that retry or drop is about. *Errors*: invalid: the choice says too little or too much.
Result<std::vector<std::uint64_t>> chosen(const DeadAccess& access, const DeadChoice& choice) {
  if (choice.all != choice.numbers.empty())
    return Error{ErrorCode::invalid, "name the numbers of dead letters, or --all (with --lane for one lane's)"};
  if (!choice.all && !choice.lane.empty()) return Error{ErrorCode::invalid, "--lane goes with --all"};
  return choice.all ? access.numbers(choice.lane) : choice.numbers;
}

int report_change(const CommonOptions& common, std::string_view done, std::size_t asked,
                  const Result<std::uint64_t>& changed) {
  if (!changed) return failed(changed.error());
  const std::string text = common.json ? json{{done, *changed}}.dump() + "\n"
                                       : fmt::format("{} {} of {} dead letters\n", done, *changed, asked);
  return print(text) && *changed == asked ? kExitFine : kExitFailed;
}

}  // namespace

int dead_list_command(const CommonOptions& common, const SpoolChoice& spool, const std::string& lane) {
  const auto access = DeadAccess::open(common, spool);
  if (!access) return failed(access.error());
  DeadQuery query{lane, 0, limits::kDeadPageMax};
  std::size_t count = 0;
  for (;;) {
    const auto page = access->page(query, false);
    if (!page) return failed(page.error());
    const json document = json::parse(*page, nullptr, false);
    if (!document.is_object()) return failed({ErrorCode::io, "the dead letters could not be read"});
    for (const json& letter : document.at("letters")) {
      if (count++ == 0 && !common.json && !print("NUMBER  LAST FAILURE          WHY       LANE  SUBJECT\n"))
        return kExitFailed;
      if (!print(common.json ? letter.dump(-1, ' ', false, json::error_handler_t::replace) + "\n" : lines_for(letter)))
        return kExitFailed;
    }
    if (document.at("next").is_null()) break;
    query.after = document.at("next").get<std::uint64_t>();
  }
  if (count == 0 && !common.json) return print("no dead letters\n") ? kExitFine : kExitFailed;
  return kExitFine;
}

int dead_show_command(const CommonOptions& common, const SpoolChoice& spool, std::uint64_t number) {
  const auto access = DeadAccess::open(common, spool);
  if (!access) return failed(access.error());
  const auto letter = next_letter(*access, "", number == 0 ? 0 : number - 1);
  if (!letter) return failed(letter.error());
  if (!*letter || (*letter)->number != number)
    return failed({ErrorCode::not_found, fmt::format("there is no dead letter {}", number)});
  if (common.json) return print((*letter)->whole + "\n") ? kExitFine : kExitFailed;
  const json row = json::parse((*letter)->whole, nullptr, false);
  std::string text;
  for (const char* key : {"lane", "why", "reason", "first_failure", "last_failure", "subject", "id", "time"})
    text += fmt::format("{:<14}  {}\n", key, text_in(row, key));
  text += fmt::format("{:<14}  {}\n", "attempts", row.value("attempts", std::uint64_t{0}));
  text += fmt::format("{:<14}  {}\n", "data_bytes", row.value("data_bytes", std::uint64_t{0}));
  return print(text + fmt::format("{:<14}  {}\n", "event", printable((*letter)->event))) ? kExitFine : kExitFailed;
}

int dead_retry_command(const CommonOptions& common, const DeadChoice& choice) {
  const auto access = DeadAccess::open(common, {});
  if (!access) return failed(access.error());
  const auto numbers = chosen(*access, choice);
  if (!numbers) return failed(numbers.error());
  return report_change(common, "retried", numbers->size(), access->retry(*numbers));
}

int dead_drop_command(const CommonOptions& common, const DeadChoice& choice) {
  if (choice.all && !choice.yes)
    return failed(
        {ErrorCode::invalid, "drop --all removes events for good: say --yes too, or `dead export` them first"});
  const auto access = DeadAccess::open(common, {});
  if (!access) return failed(access.error());
  const auto numbers = chosen(*access, choice);
  if (!numbers) return failed(numbers.error());
  return report_change(common, "dropped", numbers->size(), access->drop(*numbers));
}

int dead_export_command(const CommonOptions& common, const SpoolChoice& spool, const std::string& lane,
                        const std::filesystem::path& file) {
  const auto access = DeadAccess::open(common, spool);
  if (!access) return failed(access.error());
  std::ofstream opened;
  if (!file.empty()) {
    opened.open(file, std::ios::binary | std::ios::trunc);
    if (!opened) return failed({ErrorCode::io, "cannot write " + file.string()});
  }
  std::ostream& out = file.empty() ? std::cout : opened;
  std::uint64_t after = 0;
  std::size_t count = 0;
  for (;;) {
    const auto letter = next_letter(*access, lane, after);
    if (!letter) return failed(letter.error());
    if (!*letter) break;
    after = (*letter)->number;
    out << (*letter)->event << '\n';
    ++count;
  }
  if (!out.flush()) return failed({ErrorCode::io, "the export could not be written whole"});
  complain(fmt::format("exported {} dead letters", count));
  return kExitFine;
}

}  // namespace tidegate
