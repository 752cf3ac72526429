#include "gateway/app/dead_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "gateway/admin/api.h"
#include "gateway/admin/limits.h"
#include "gateway/app/load.h"
#include "gateway/app/pipeline.h"

namespace tidegate {

using nlohmann::json;

Result<DeadAccess> DeadAccess::open(const CommonOptions& common, const SpoolChoice& spool) {
  DeadAccess out;
  if (!spool.data_dir.empty()) {
    out.data_dir_ = spool.data_dir;
    return out;
  }
  out.config_ = load_for_command(common);
  if (!out.config_) return Error{ErrorCode::invalid, "the config has mistakes"};
  out.data_dir_ = out.config_->gateway.data_dir;
  auto live = LiveGateway::find(*out.config_);
  if (!live) return std::move(live).error();
  out.live_ = *std::move(live);
  return out;
}

Result<std::string> DeadAccess::page(const DeadQuery& query, bool whole) const {
  if (live_) {
    return live_->call_text("GET", fmt::format("/v1/dead?lane={}&after={}&limit={}&data={}", query.lane, query.after,
                                               query.limit, whole ? 1 : 0));
  }
  return dead_page_json([this](const DeadQuery& wanted) { return read_dead_letters(data_dir_, wanted); }, query, whole);
}

Result<std::vector<std::uint64_t>> DeadAccess::numbers(const std::string& lane) const {
  std::vector<std::uint64_t> out;
  DeadQuery query{lane, 0, limits::kDeadPageMax};
  for (;;) {
    const auto text = page(query, false);
    if (!text) return text.error();
    const json document = json::parse(*text, nullptr, false);
    if (!document.is_object()) return Error{ErrorCode::io, "the dead letters could not be read"};
    for (const json& letter : document.at("letters")) out.push_back(letter.at("number").get<std::uint64_t>());
    if (document.at("next").is_null()) return out;
    query.after = document.at("next").get<std::uint64_t>();
  }
}

Result<std::uint64_t> DeadAccess::retry(const std::vector<std::uint64_t>& numbers) const {
  return change("retry", "retried", &Spool::retry_dead, numbers);
}

Result<std::uint64_t> DeadAccess::drop(const std::vector<std::uint64_t>& numbers) const {
  return change("drop", "dropped", &Spool::drop_dead, numbers);
}

Result<std::uint64_t> DeadAccess::change(const std::string& verb, const std::string& done, Change how,
                                         const std::vector<std::uint64_t>& numbers) const {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < numbers.size(); at += limits::kDeadNumbersMax) {
    const std::size_t end = std::min(numbers.size(), at + limits::kDeadNumbersMax);
    const std::vector<std::uint64_t> some(numbers.begin() + static_cast<std::ptrdiff_t>(at),
                                          numbers.begin() + static_cast<std::ptrdiff_t>(end));
    if (!live_) {
      const auto changed = change_cold(how, some);
      if (!changed) return changed.error();
      count += *changed;
      continue;
    }
    const auto answer = live_->call_text("POST", "/v1/dead/" + verb, json{{"numbers", some}}.dump());
    if (!answer) return answer.error();
    const json document = json::parse(*answer, nullptr, false);
    if (!document.is_object()) return Error{ErrorCode::io, "the gateway's answer was not understood"};
    count += document.value(done, std::uint64_t{0});
  }
  return count;
}

Result<std::uint64_t> DeadAccess::change_cold(Change how, const std::vector<std::uint64_t>& numbers) const {
  log_setup(LogLevel::warn, LogFormat::text);
  const SystemClock clock;
  Health health(clock);
  Metrics metrics;
  boost::asio::io_context unused;
  auto pipeline = Pipeline::open({*config_, unused, clock, health, metrics});
  if (!pipeline) return std::move(pipeline).error();
  (*pipeline)->start([](bool) {});
  Result<std::uint64_t> changed = ((*pipeline)->spool().*how)(numbers);
  (*pipeline)->stop({clock.steady()});
  return changed;
}

}  // namespace tidegate
