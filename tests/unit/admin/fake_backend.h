#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/backend.h"

namespace tidegate {

/// A gateway that answers what the test says.
class FakeBackend final : public AdminBackend {
 public:
  [[nodiscard]] bool ready() const override { return is_ready; }
  [[nodiscard]] std::string metrics_text() const override { return "tidegate_events_total 1\n"; }
  [[nodiscard]] StatusReport status() const override { return report; }
  Status resume_lane(std::string_view route, std::string_view sink) override {
    resumed = std::string(route) + "/" + std::string(sink);
    if (sink != "cloud") return Error{ErrorCode::not_found, "there is no lane " + resumed};
    return {};
  }
  Result<std::uint64_t> open_tap(const TapRequest& request) override {
    tap_request = request;
    return std::uint64_t{7};
  }
  Result<TapBatch> poll_tap(std::uint64_t tap) override {
    if (tap != 7) return Error{ErrorCode::not_found, "there is no such tap"};
    return std::exchange(tapped, {});
  }
  Status close_tap(std::uint64_t tap) override {
    if (tap != 7) return Error{ErrorCode::not_found, "there is no such tap"};
    return {};
  }
  Result<std::uint64_t> begin_replay(ReplayRequest request) override {
    report_of_replay.request = std::move(request);
    return std::uint64_t{5};
  }
  Result<ReplayReport> replay(std::uint64_t number) override {
    if (number != 5) return Error{ErrorCode::not_found, "there is no such replay"};
    return report_of_replay;
  }
  Result<std::vector<ReplayReport>> replays() override { return std::vector{report_of_replay}; }
  Status cancel_replay(std::uint64_t number) override {
    if (number != 5) return Error{ErrorCode::refused, "it is finished"};
    return {};
  }
  Result<std::vector<DeadLetter>> dead_letters(const DeadQuery& query) override {
    if (before_disk) before_disk();
    std::vector<DeadLetter> out;
    for (const DeadLetter& letter : letters) {
      if (letter.number > query.after && out.size() < query.limit) out.push_back(letter);
    }
    return out;
  }
  Result<std::uint64_t> retry_dead(const std::vector<std::uint64_t>& numbers) override {
    retried = numbers;
    return std::uint64_t{numbers.size()};
  }
  Result<std::uint64_t> drop_dead(const std::vector<std::uint64_t>& numbers) override {
    dropped = numbers;
    return std::uint64_t{numbers.size()};
  }
  Result<std::uint64_t> drop_lane(const std::string& route, const std::string& sink) override {
    orphan = route + "/" + sink;
    return std::uint64_t{3};
  }
  Result<std::uint64_t> adopt_lane(const std::string& route, const std::string& sink, const std::string& to_route,
                                   const std::string& to_sink) override {
    orphan = route + "/" + sink + " -> " + to_route + "/" + to_sink;
    if (route == "hot") return Error{ErrorCode::refused, "it delivers"};
    return std::uint64_t{4};
  }

  std::atomic<bool> is_ready{true};
  StatusReport report;
  std::vector<DeadLetter> letters;
  std::vector<std::uint64_t> retried, dropped;
  std::string resumed;
  std::string orphan;  ///< dropped or adopted last
  ReplayReport report_of_replay;
  TapRequest tap_request;
  TapBatch tapped;
  std::function<void()> before_disk;
};

}  // namespace tidegate
