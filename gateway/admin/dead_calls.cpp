#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/admin/call.h"
#include "gateway/admin/limits.h"

namespace tidegate {

using nlohmann::json;

namespace {

Result<DeadQuery> dead_query(const AdminCall& call) {
  DeadQuery query;
  if (const auto lane = call.query.find("lane"); lane != call.query.end()) query.lane = lane->second;
  for (const auto& [name, value] : call.query) {
    if (name != "after" && name != "limit") continue;
    const auto number = parse_whole_number(value);
    if (!number) return Error{ErrorCode::invalid, fmt::format("{} wants a whole number", name)};
    if (name == "after") query.after = *number;
    if (name == "limit") query.limit = std::clamp<std::size_t>(*number, 1, limits::kDeadPageMax);
  }
  return query;
}

Result<std::vector<std::uint64_t>> numbers_in(const std::string& body) {
  const Error wrong{ErrorCode::invalid, R"(the body must be {"numbers": [1, 2, 3]})"};
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object() || !document.contains("numbers") || !document["numbers"].is_array()) return wrong;
  std::vector<std::uint64_t> numbers;
  for (const json& number : document["numbers"]) {
    if (!number.is_number_unsigned()) return wrong;
    numbers.push_back(number.get<std::uint64_t>());
  }
  if (numbers.empty()) return wrong;
  if (numbers.size() > limits::kDeadNumbersMax)
    return Error{ErrorCode::invalid, fmt::format("at most {} numbers in one call", limits::kDeadNumbersMax)};
  return numbers;
}

template <class Change>
AdminResponse change_dead(const AdminCall& call, std::string_view done, Change change) {
  const auto numbers = numbers_in(call.request.body);
  if (!numbers) return error_response(numbers.error());
  const Result<std::uint64_t> count = change(*numbers);
  return count ? ok_response(dumped({{done, *count}})) : error_response(count.error());
}

}  // namespace

AdminResponse get_dead(const AdminCall& call) {
  const auto query = dead_query(call);
  if (!query) return error_response(query.error());
  const auto data = call.query.find("data");
  const bool whole = data != call.query.end() && data->second == "1";
  auto page =
      dead_page_json([&call](const DeadQuery& wanted) { return call.backend.dead_letters(wanted); }, *query, whole);
  return page ? ok_response(*std::move(page)) : error_response(page.error());
}

AdminResponse retry_dead(const AdminCall& call) {
  return change_dead(call, "retried", [&](const auto& numbers) { return call.backend.retry_dead(numbers); });
}

AdminResponse drop_dead(const AdminCall& call) {
  return change_dead(call, "dropped", [&](const auto& numbers) { return call.backend.drop_dead(numbers); });
}

Result<std::string> dead_page_json(DeadFetch fetch, DeadQuery query, bool whole) {
  std::string out = R"({"letters":[)";
  const std::size_t wanted = query.limit;
  bool more = false;
  for (std::size_t count = 0;; ++count) {
    // One at a time: a page of events of 8 MiB must not become memory.
    query.limit = 1;
    const auto letters = fetch(query);
    if (!letters) return letters.error();
    if (letters->empty()) break;
    if (count == wanted || out.size() > limits::kDeadPageBytesMax) {
      more = true;
      break;
    }
    if (count > 0) out += ',';
    out += dead_letter_json(letters->front(), whole);
    query.after = letters->front().number;
  }
  out += more ? fmt::format(R"(],"next":{}}})", query.after) : R"(],"next":null})";
  return out;
}

}  // namespace tidegate
