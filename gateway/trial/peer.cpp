#include "gateway/trial/peer.h"

#include <fmt/format.h>

namespace tidegate {

namespace {

constexpr milliseconds kAnswerTakes{1};
/// What sinks wait for an answer by default, or near it.
constexpr milliseconds kTimeoutTakes{30'000};

/// The answers that every peer may give.
std::optional<Settled> common_answer(const ScriptStep& step) {
  const auto reason = [&](const char* otherwise) { return step.reason.empty() ? std::string(otherwise) : step.reason; };
  if (step.answer == "ok") return Settled{{}, {{Fate::delivered, {}}}, Cause::none, {}};
  if (step.answer == "down") return Settled{{}, {{Fate::retry, reason("the peer is down")}}, Cause::peer_down, {}};
  if (step.answer == "timeout") return Settled{{}, {{Fate::unknown, reason("no answer")}}, Cause::peer_down, {}};
  return std::nullopt;
}

std::optional<Settled> judge(const ConnectorType& sink, const ScriptStep& step, std::size_t events) {
  if (auto common = common_answer(step)) return common;
  if (sink.judge_answer == nullptr) return std::nullopt;
  return sink.judge_answer({step.answer, events, step.retry_after, step.reason});
}

}  // namespace

Status check_answer(const ConnectorType& sink, const ScriptStep& step) {
  if (judge(sink, step, 1)) return {};
  const std::string own = sink.judge_answer != nullptr ? fmt::format(" and {}", sink.answers) : "";
  return Error{ErrorCode::invalid, fmt::format("a peer of type {} does not answer {}; it answers ok, down, timeout{}",
                                               sink.name, quote(step.answer), own)};
}

const ScriptStep* ScriptedPeer::step(SteadyTime now) {
  while (at_ < script_.size()) {
    const ScriptStep& current = script_[at_];
    const bool over =
        current.lasts ? now >= step_began_ + *current.lasts : current.times && requests_ >= *current.times;
    if (!over) return &current;
    step_began_ = current.lasts ? step_began_ + *current.lasts : now;
    requests_ = 0;
    ++at_;
  }
  return nullptr;
}

bool ScriptedPeer::connects(SteadyTime now) {
  const ScriptStep* current = step(now);
  if (current == nullptr || current->answer != "down") return true;
  ++requests_;
  return false;
}

ScriptedPeer::Reply ScriptedPeer::answer(const Batch& batch, SteadyTime now) {
  static const ScriptStep fine;
  const ScriptStep* current = step(now);
  if (current != nullptr) ++requests_;
  const ScriptStep& does = current != nullptr ? *current : fine;
  Reply reply{judge(sink_, does, batch.events.size()).value_or(Settled{}),
              does.takes.value_or(does.answer == "timeout" ? kTimeoutTakes : kAnswerTakes)};
  reply.settled.id = batch.id;
  return reply;
}

}  // namespace tidegate
