// What the poller tells the queue about messages it has received, how it copes with failures, and its probe.
#include <fmt/format.h>

#include <algorithm>

#include "connectors/aws/batch_reply.h"
#include "connectors/aws/error_reply.h"
#include "connectors/aws_sqs/limits.h"
#include "connectors/aws_sqs/poller.h"
#include "connectors/outcomes.h"
#include "gateway/delivery/gate.h"

namespace tidegate::aws_sqs {
namespace {

std::vector<std::string> handles_of(const std::vector<Holdings::Entry>& entries) {
  std::vector<std::string> handles;
  handles.reserve(entries.size());
  for (const Holdings::Entry& entry : entries) handles.push_back(entry.handle);
  return handles;
}

}  // namespace

void Poller::change(SteadyTime now) {
  const auto may = [&] {
    return changing_ < (change_trouble_.failures > 0 ? 1 : limits::kSqsChangesInFlightMax) &&
           now >= change_trouble_.again_at;
  };
  while (may() && extend(now)) {
  }
  while (may() && holdings_.has_stored()) remove();
  while (may() && !back_.empty()) give_back();
}

void Poller::remove() {
  Entries entries = holdings_.take_stored();
  if (entries.empty()) return;
  http::Request request = queue_.remove(handles_of(entries));
  ++changing_;
  client_->send(std::move(request),
                [this, entries = std::move(entries), renewals = renewals_](const aws::Client::Ended& ended) {
                  --changing_;
                  removed(entries, ended, renewals);
                });
}

void Poller::removed(const Entries& entries, const aws::Client::Ended& ended, std::uint32_t renewals) {
  auto failure = failure_of(ended);
  const auto outcomes = outcomes_of(ended, entries.size(), failure);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    switch (outcomes[i].fate) {
      case Fate::delivered:
        counters_.deleted->add();
        holdings_.deleted(entries[i]);
        break;
      case Fate::rejected: holdings_.delete_refused(entries[i]); break;
      case Fate::held:  // of sinks that gather
      case Fate::retry:
      case Fate::unknown: holdings_.delete_again(entries[i]); break;
    }
  }
  if (failure) return failed(change_trouble_, *failure, renewals, "delete");
  worked(change_trouble_);
}

/// False: there is nothing to extend.
bool Poller::extend(SteadyTime now) {
  Entries entries = holdings_.take_ageing(now);
  if (entries.empty()) return false;
  http::Request request = queue_.keep_from_others(handles_of(entries), options_.visibility_timeout);
  ++changing_;
  client_->send(std::move(request),
                [this, entries = std::move(entries), renewals = renewals_](const aws::Client::Ended& ended) {
                  --changing_;
                  extended(entries, ended, renewals);
                });
  return true;
}

void Poller::extended(const Entries& entries, const aws::Client::Ended& ended, std::uint32_t renewals) {
  auto failure = failure_of(ended);
  const auto outcomes = outcomes_of(ended, entries.size(), failure);
  const SteadyTime now = context_.clock->steady();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (outcomes[i].fate == Fate::delivered) {
      holdings_.extended(entries[i], now);
    } else {
      holdings_.not_extended(entries[i], now, outcomes[i].fate == Fate::rejected);
    }
  }
  if (failure) return failed(change_trouble_, *failure, renewals, "extend");
  worked(change_trouble_);
}

/// Lets others have messages at once. It is only a courtesy: what fails here happens by itself after the timeout.
void Poller::give_back() {
  std::erase(back_, std::string());
  if (back_.empty()) return;
  const std::size_t count = std::min(back_.size(), limits::kSqsBatchEventsMax);
  const auto begin = back_.begin();
  std::vector<std::string> handles(std::make_move_iterator(begin),
                                   std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
  back_.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  ++changing_;
  client_->send(queue_.keep_from_others(handles, std::chrono::seconds{0}),
                [this](const aws::Client::Ended&) { --changing_; });
}

/// Why there is no answer to go by; nullopt: there is.
std::optional<Poller::Failure> Poller::failure_of(const aws::Client::Ended& ended) const {
  if (ended.reply == nullptr) {
    const bool refused = ended.why.code == ErrorCode::refused;
    return Failure{ended.why.message, refused ? Cause::unauthorized : Cause::peer_down, refused, std::nullopt};
  }
  const http::Reply& reply = *ended.reply;
  if (reply.status / 100 == 2) {
    if (!reply.cut) return std::nullopt;
    return Failure{"the answer is too long", Cause::peer_down, false, std::nullopt};
  }
  // As a batch of two: no message is to blame.
  http::Verdict judged = aws::judge_refusal(reply, 2, context_.clock->wall());
  const bool passes =
      judged.cause == Cause::throttled ||
      (judged.cause == Cause::peer_down && aws::meaning_of(aws::read_error(reply).code) != aws::Meaning::wrong_target);
  return Failure{client_->without_secrets(std::move(judged.outcome.reason)), judged.cause, !passes, judged.retry_after};
}

std::vector<Outcome> Poller::outcomes_of(const aws::Client::Ended& ended, std::size_t count,
                                         std::optional<Failure>& failure) const {
  Settled settled;
  if (!failure) settled = aws::judge_by_id(*ended.reply, count, context_.clock->wall());
  for (const Outcome& outcome : settled.outcomes) {
    if (goes_again(outcome.fate) && !failure) {
      failure = Failure{client_->without_secrets(outcome.reason), settled.cause, false, std::nullopt};
    }
  }
  if (settled.outcomes.size() != count) return std::vector<Outcome>(count, Outcome{Fate::unknown, {}});
  return std::move(settled.outcomes);
}

void Poller::failed(Trouble& trouble, const Failure& failure, std::uint32_t renewals, std::string_view doing) {
  if (failure.cause == Cause::unauthorized) {
    if (renewals != renewals_) return;  // it was sent before the last renewal
    ++renewals_;
    const bool changed = client_->renew();
    if (changed && trouble.failures == 0) {
      trouble.failures = 1;
      return;
    }
  }
  DeliveryOptions::Retry retry;
  if (&trouble == &change_trouble_) retry.max = std::min<milliseconds>(retry.max, options_.visibility_timeout / 4);
  const milliseconds asked = std::min(failure.retry_after.value_or(milliseconds{0}), retry.max);
  const milliseconds wait = std::max(asked, backoff(retry, ++trouble.failures, context_.random->next()));
  trouble.again_at = context_.clock->steady() + wait;
  trouble.why = fmt::format("{}, {}: {}", queue_.name(), doing, failure.why);
  trouble.needs_person = failure.needs_person;
  // A queue that is away for a day says so once; the state on the health board says the rest.
  if (trouble.why == logged_)
    log_.debug("{}; next attempt in {} ms", trouble.why, wait.count());
  else
    log_.warn("{}; next attempt in {} ms", trouble.why, wait.count());
  logged_ = trouble.why;
}

Status Poller::probe(Deadline deadline) {
  const auto ask = [&](http::Request request, std::string_view refusal_of_all_good) -> Status {
    std::optional<Status> answer;
    client_->send(std::move(request), [&](const aws::Client::Ended& ended) {
      if (ended.reply == nullptr) {
        answer = Status(ended.why);
      } else if (ended.reply->status / 100 == 2 || aws::read_error(*ended.reply).code == refusal_of_all_good ||
                 (refusal_of_all_good.empty() &&
                  aws::meaning_of(aws::read_error(*ended.reply).code) == aws::Meaning::content)) {
        answer = Status();
      } else {
        const Status failure = aws::probe_failure(*ended.reply, context_.clock->wall());
        answer = Status(Error{failure.error().code, client_->without_secrets(failure.error().message)});
      }
    });
    while (!answer && context_.clock->steady() < deadline.at) client_->run(deadline);
    client_->drop();
    return answer.value_or(Error{ErrorCode::timeout, "no answer within the deadline"});
  };
  if (Status deleting = ask(queue_.remove({}), "EmptyBatchRequest"); !deleting) return deleting;
  return ask(queue_.receive_nothing(), "");
}

}  // namespace tidegate::aws_sqs
