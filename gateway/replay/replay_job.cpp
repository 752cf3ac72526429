#include "gateway/replay/replay_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "gateway/event/rfc3339.h"
#include "gateway/replay/limits.h"

namespace tidegate {

using nlohmann::json;

namespace {

Result<std::vector<ReplayLane>> lanes_of(const ReplayRoute& route, const std::string& sink) {
  if (sink.empty()) return route.lanes;
  std::string known;
  for (const ReplayLane& lane : route.lanes) {
    if (lane.sink == sink) return std::vector{lane};
    known += (known.empty() ? "" : ", ") + lane.sink;
  }
  return Error{ErrorCode::not_found,
               fmt::format("route {} does not feed a sink {}; it feeds: {}", route.name, sink, known)};
}

/// What the spool remembers of a replay.
struct StoredJob {
  ReplayReport report;
  Seq begin, at, end;
};

/// False when that is nothing that ReplayJob::stored() wrote.
bool read_row(std::string_view stored, StoredJob& out) {
  const json row = json::parse(stored, nullptr, false);
  if (!row.is_object()) return false;
  try {
    const auto number = [&](const char* key) { return row.at(key).get<std::uint64_t>(); };
    const auto time = [&](const char* key) { return WallTime{milliseconds{row.at(key).get<std::int64_t>()}}; };
    ReplayRequest& request = out.report.request;
    request.route = row.at("route").get<std::string>();
    request.sink = row.at("sink").get<std::string>();
    request.since = time("since_ms");
    if (row.contains("until_ms")) request.until = time("until_ms");
    request.where = row.at("where").get<std::string>();
    request.rate = number("rate");
    out.report.copied = number("copied");
    out.report.pending = number("pending");
    out.report.expired = number("expired");
    out.report.unreadable = number("unreadable");
    out.begin = Seq{number("begin")};
    out.at = Seq{number("at")};
    out.end = Seq{number("end")};
  } catch (const json::exception&) {
    return false;
  }
  return true;
}

bool still_to_deliver(const LoggedEvent& logged, const LaneState& lane) {
  return std::ranges::binary_search(logged.lanes, lane.id) && logged.seq > lane.cursor &&
         !std::ranges::binary_search(lane.settled_ahead, logged.seq);
}

/// The copy says that it is one, unless it has no room for that.
void mark(Event& event, std::uint64_t number) {
  std::erase_if(event.attributes, [](const auto& attribute) { return attribute.first == kReplayAttribute; });
  event.attributes.emplace_back(kReplayAttribute, std::to_string(number));
  if (!check_event(event)) event.attributes.pop_back();
}

}  // namespace

std::string_view name_of(ReplayReport::State state) noexcept {
  switch (state) {
    case ReplayReport::State::running: return "running";
    case ReplayReport::State::waiting: return "waiting";
    case ReplayReport::State::done: return "done";
    case ReplayReport::State::cancelled: return "cancelled";
    case ReplayReport::State::failed: return "failed";
  }
  return "unknown";
}

ReplayJob::ReplayJob(ReplayReport report, std::vector<ReplayLane> lanes, const ReplayRoute& route, Spool& spool,
                     const InternalSources& internal)
    : report_(std::move(report)), lanes_(std::move(lanes)), route_(&route), spool_(&spool), internal_(internal) {}

Result<ReplayJob> ReplayJob::begin(std::uint64_t number, ReplayRequest request, const ReplayRoute& route, Spool& spool,
                                   const InternalSources& internal, WallTime now) {
  if (request.since > now)
    return Error{ErrorCode::invalid, fmt::format("since: {} lies in the future", format_utc(request.since))};
  if (request.until && *request.until < request.since)
    return Error{ErrorCode::invalid, "until: it lies before `since`"};
  if (request.rate > limits::kReplayRateMax)
    return Error{ErrorCode::invalid, fmt::format("rate: at most {}; 0 is no limit", limits::kReplayRateMax)};
  auto lanes = lanes_of(route, request.sink);
  if (!lanes) return std::move(lanes).error();
  ReplayReport report;
  report.number = number;
  report.request = std::move(request);
  ReplayJob job(std::move(report), *std::move(lanes), route, spool, internal);
  if (Status compiled = job.compile(); !compiled) return std::move(compiled).error();
  job.end_ = spool.snapshot().last;
  return job;
}

Result<ReplayJob> ReplayJob::resume(std::uint64_t number, std::string_view stored,
                                    const std::function<const ReplayRoute*(const std::string&)>& route, Spool& spool,
                                    const InternalSources& internal) {
  StoredJob row;
  if (!read_row(stored, row)) return Error{ErrorCode::corrupt, "what the spool remembers of it cannot be read"};
  row.report.number = number;
  const ReplayRequest& request = row.report.request;
  const ReplayRoute* const found = route(request.route);
  if (found == nullptr)
    return Error{ErrorCode::not_found, fmt::format("the config has no route {} any more", request.route)};
  auto lanes = lanes_of(*found, request.sink);
  if (!lanes) return std::move(lanes).error();
  ReplayJob job(std::move(row.report), *std::move(lanes), *found, spool, internal);
  if (Status compiled = job.compile(); !compiled) return std::move(compiled).error();
  job.begin_ = row.begin;
  job.at_ = row.at;
  job.counted_to_ = row.at;
  job.end_ = row.end;
  job.begun_ = true;
  return job;
}

Status ReplayJob::compile() {
  if (report_.request.where.empty()) return {};
  auto pattern = EventPattern::parse_json(report_.request.where);
  if (!pattern) return pattern.error().in("where");
  where_ = *std::move(pattern);
  return {};
}

std::string ReplayJob::key() const { return key_of(report_.number); }

std::string ReplayJob::key_of(std::uint64_t number) { return std::string(kReplayKeyPrefix) + std::to_string(number); }

std::string ReplayJob::stored(const Taken& taken) const {
  const ReplayRequest& request = report_.request;
  json row = {{"route", request.route},
              {"sink", request.sink},
              {"since_ms", request.since.time_since_epoch().count()},
              {"where", request.where},
              {"rate", request.rate},
              {"begin", begin_.value},
              {"at", taken.to.value},
              {"end", end_.value},
              {"copied", report_.copied + taken.copied},
              {"pending", report_.pending + taken.pending},
              {"expired", report_.expired + taken.expired},
              {"unreadable", report_.unreadable}};
  if (request.until) row["until_ms"] = request.until->time_since_epoch().count();
  return row.dump(-1, ' ', false, json::error_handler_t::replace);
}

ReplayJob::Next ReplayJob::next(SteadyTime steady, WallTime wall) {
  if (!begun_) return begin_submission(steady);
  if (steady < due_) return {std::nullopt, due_};
  report_.state = ReplayReport::State::running;
  report_.detail.clear();
  if (next_in_page_ == page_.events.size()) {
    const bool all = at_ >= end_ || page_.at_end;
    if (all) return end_submission();
    return read_page(steady);
  }
  if (const std::string lagging = lane_that_lags(); !lagging.empty() && !report_.request.dry_run)
    return wait(lagging, steady + limits::kReplayPoll);
  taken_ = {};
  taken_.to = at_;
  SpoolSubmission submission = take_copies(wall);
  if (submission.events.empty()) {
    advance();
    return {};
  }
  submission.state.push_back({key(), stored(taken_), false});
  return {std::move(submission), {}};
}

ReplayJob::Next ReplayJob::wait(std::string why, SteadyTime until) {
  report_.state = ReplayReport::State::waiting;
  report_.detail = std::move(why);
  return {std::nullopt, until};
}

ReplayJob::Next ReplayJob::begin_submission(SteadyTime now) {
  auto first = spool_->scan(Seq{0}, {}, 1);
  if (!first) return wait("the log cannot be read: " + first.error().message, now + limits::kReplayRetry);
  if (!first->events.empty() && first->events.front().committed_at > report_.request.since)
    report_.log_begins = first->events.front().committed_at;
  if (report_.request.dry_run) {
    begun_ = true;
    return {};
  }
  taken_ = {};
  taken_.begins = true;
  SpoolSubmission out{internal_.replay, {}, {}, 0, true};
  out.state.push_back({key(), stored(taken_), false});
  out.state.push_back({std::string(kReplayLastKey), std::to_string(report_.number), false});
  return {std::move(out), {}};
}

ReplayJob::Next ReplayJob::end_submission() {
  taken_ = {};
  taken_.to = at_;
  taken_.ends = true;
  if (report_.request.dry_run) {
    advance();
    return {};
  }
  SpoolSubmission out{internal_.replay, {}, {}, 0, true};
  out.state.push_back({key(), {}, true});
  return {std::move(out), {}};
}

ReplayJob::Next ReplayJob::read_page(SteadyTime now) {
  auto page = spool_->scan(at_, report_.request.since, limits::kReplayPageBytes);
  if (!page) return wait("the log cannot be read: " + page.error().message, now + limits::kReplayRetry);
  page_ = *std::move(page);
  next_in_page_ = 0;
  lane_states_.clear();
  for (const ReplayLane& lane : lanes_) lane_states_.push_back(spool_->lane_state(lane.id));
  if (begin_ == Seq{0} && !page_.events.empty()) begin_ = Seq{page_.events.front().seq.value - 1};
  if (page_.scanned_to > counted_to_) {
    report_.unreadable += page_.unreadable;
    counted_to_ = page_.scanned_to;
  }
  if (page_.events.empty()) at_ = page_.scanned_to;
  return {};
}

std::string ReplayJob::lane_that_lags() const {
  const SpoolSnapshot now = spool_->snapshot();
  for (const ReplayLane& lane : lanes_) {
    const auto books = now.lanes.find(lane.name);
    if (books == now.lanes.end() || books->second.pending < limits::kReplayPendingMax) continue;
    return fmt::format("lane {} has {} events to deliver first", lane.name, books->second.pending);
  }
  return {};
}

std::size_t ReplayJob::copies_max() const {
  const std::uint64_t rate = report_.request.rate;
  if (rate == 0) return limits::kReplayCopiesPerCommit;
  // A few commits a second, so that what is asked for goes out evenly.
  return std::clamp<std::size_t>(rate / 4, 1, limits::kReplayCopiesPerCommit);
}

SpoolSubmission ReplayJob::take_copies(WallTime now) {
  SpoolSubmission out{internal_.replay, {}, {}, 0, true};
  std::size_t bytes = 0;
  std::size_t index = next_in_page_;
  for (; index < page_.events.size(); ++index) {
    if (out.events.size() >= copies_max() || bytes >= limits::kReplayBytesPerCommit) break;
    LoggedEvent& logged = page_.events[index];
    if (logged.seq > end_) {
      taken_.to = end_;
      index = page_.events.size();
      break;
    }
    taken_.to = logged.seq;
    std::vector<LaneId> lanes = lanes_for(logged, now);
    if (lanes.empty()) continue;
    ++taken_.copied;
    if (report_.request.dry_run) continue;
    bytes += payload_bytes(logged.event);
    mark(logged.event, report_.number);
    out.events.push_back({std::move(logged.event), std::move(lanes)});
  }
  taken_.next_in_page = index;
  if (index == page_.events.size()) taken_.to = std::min(page_.scanned_to, std::max(end_, taken_.to));
  return out;
}

std::vector<LaneId> ReplayJob::lanes_for(const LoggedEvent& logged, WallTime now) {
  const ReplayRequest& request = report_.request;
  const bool is_copy =
      logged.source.value != 0 &&
      (logged.source == internal_.window || logged.source == internal_.replay || logged.source == internal_.adopt);
  if (is_copy || logged.committed_at < request.since || (request.until && logged.committed_at > *request.until))
    return {};
  if (!route_->wants(logged.event, logged.source)) return {};
  if (where_ && !where_->matches(logged.event, route_->topic.captures(logged.event.subject))) return {};
  std::vector<LaneId> out;
  bool pending = false;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const ReplayLane& lane = lanes_[i];
    if (still_to_deliver(logged, lane_states_[i])) {
      pending = true;
    } else if (lane.max_age.count() == 0 || logged.event.time >= now - lane.max_age) {
      out.push_back(lane.id);
    }
  }
  // What no lane gets is either still to come, or too old for those that had it.
  if (out.empty()) ++(pending ? taken_.pending : taken_.expired);
  std::ranges::sort(out);
  return out;
}

void ReplayJob::settled(Admission admission, SteadyTime now) {
  if (admission == Admission::durable) {
    const std::uint64_t rate = report_.request.rate;
    if (rate > 0 && taken_.copied > 0)
      due_ = std::max(due_, now) + std::chrono::nanoseconds(1'000'000'000 * taken_.copied / rate);
    advance();
    return;
  }
  // The events of the page went with the submission.
  page_ = {};
  next_in_page_ = 0;
  if (admission == Admission::refused_full) {
    due_ = now + limits::kReplayRetry;
    wait(kWaitsForRoom, due_);
  } else if (admission == Admission::refused_invalid) {
    report_.state = ReplayReport::State::failed;
    report_.detail = "the spool refused a copy";
  }
}

void ReplayJob::advance() {
  report_.copied += taken_.copied;
  report_.pending += taken_.pending;
  report_.expired += taken_.expired;
  if (taken_.begins) {
    begun_ = true;
    return;
  }
  at_ = taken_.to;
  if (taken_.ends) {
    report_.state = ReplayReport::State::done;
    report_.share = 1;
    return;
  }
  next_in_page_ = taken_.next_in_page;
  if (end_ > begin_)
    report_.share = static_cast<double>(at_.value - std::min(at_.value, begin_.value)) /
                    static_cast<double>(end_.value - begin_.value);
}

}  // namespace tidegate
