#include "connectors/aws_sqs/poller.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connectors/aws/error_reply.h"
#include "connectors/aws_sqs/limits.h"
#include "connectors/aws_sqs/message_event.h"

namespace tidegate::aws_sqs {
namespace {

/// When nothing is due.
constexpr std::chrono::hours kIdle{1};

Counter* counter(const ConnectorContext& context, std::string_view what, std::string_view help) {
  return &context.metrics->counter(fmt::format("tidegate_sqs_{}_messages_total", what), help,
                                   {{"source", context.name}});
}

}  // namespace

Result<std::unique_ptr<Poller>> Poller::create(const ConnectorContext& context, SourceOptions options) {
  auto client = aws::Client::create(*context.clock, options, "sqs", limits::kSqsReceiveReplyBytesMax);
  if (!client) return std::move(client).error();
  return std::unique_ptr<Poller>(new Poller(context, std::move(options), *std::move(client)));
}

Poller::Poller(const ConnectorContext& context, SourceOptions options, std::unique_ptr<aws::Client> client)
    : context_(context),
      options_(std::move(options)),
      topic_(options_.topic.empty() ? default_topic(options_, context.name) : options_.topic),
      queue_(options_),
      log_("source " + context.name),
      counters_{counter(context, "received", "Messages that came, each time they came."),
                counter(context, "again", "Messages that came while the gateway still held them."),
                counter(context, "deleted", "Messages deleted from the queue, because they are on disk."),
                counter(context, "refused", "Messages left to the queue, because they can be no event.")},
      client_(std::move(client)),
      inbox_(std::make_shared<Inbox>(*client_)),
      holdings_(options_.visibility_timeout),
      repeats_(options_.deduplicate.window, options_.deduplicate.max_ids),
      attempt_ids_(*context.random) {}

void Poller::start(Intake& intake) {
  intake_ = &intake;
  if (repeats_.enabled())
    repeats_.restore(intake.source_state(context_.source_id, Repeats::kStatePrefix), *context_.random);
  thread_ = std::thread([this] { run(); });
}

void Poller::set_paused(bool paused) {
  paused_ = paused;
  inbox_->wake();
}

void Poller::stop() noexcept {
  if (!thread_.joinable()) return;
  stop_ = true;
  inbox_->wake();
  thread_.join();
}

void Poller::run() {
  while (!stop_) {
    take_answers();
    submit();
    const SteadyTime now = context_.clock->steady();
    change(now);
    receive(now);
    tell();
    client_->run({next_due(now)});
  }
  wind_up();
}

/// Waits for the receipts that are due; what is on disk is deleted, the rest given back.
void Poller::wind_up() {
  is_closing_ = true;
  const auto let_go = [this](const std::vector<std::string>& ids) {
    for (const std::string& id : ids) back_.push_back(holdings_.let_go(id));
  };
  for (const Batch& batch : std::exchange(ready_, {})) let_go(batch.ids);
  const SteadyTime receipts_by = context_.clock->steady() + limits::kSqsStopReceipts;
  const SteadyTime end_by = receipts_by + limits::kSqsStopGoodbye;
  for (;;) {
    take_answers();
    const SteadyTime now = context_.clock->steady();
    if (now >= receipts_by) {
      for (const auto& [ticket, pending] : std::exchange(pending_, {})) let_go(pending.ids);
    }
    change(now);
    const bool is_due = holdings_.has_stored() || !back_.empty();
    const bool is_stuck = is_due && changing_ == 0;  // the queue can't be reached: it will give them out again
    if (now >= end_by || (pending_.empty() && changing_ == 0 && (!is_due || is_stuck))) break;
    client_->run({pending_.empty() ? end_by : receipts_by});
  }
  inbox_->close();
  client_->drop();
}

SteadyTime Poller::next_due(SteadyTime now) const {
  SteadyTime due = now + kIdle;
  const auto also = [&](SteadyTime at) {
    if (at > now) due = std::min(due, at);
  };
  also(receive_trouble_.again_at);
  also(change_trouble_.again_at);
  also(std::max(holdings_.next_ageing(), change_trouble_.again_at));
  if (const auto until = alarm_until()) also(*until);
  return due;
}

void Poller::receive(SteadyTime now) {
  const bool in_doubt = !is_proven_ || receive_trouble_.failures > 0;
  const std::size_t wanted = in_doubt ? 1 : receivers_wanted_;
  while (!paused_ && !is_closing_ && now >= receive_trouble_.again_at && receiving_ < wanted &&
         holdings_.size() + (receiving_ + 1) * options_.max_messages <= limits::kSqsHeldMax &&
         unreceipted_bytes_ < limits::kSqsUnreceiptedBytesMax) {
    start_receive();
  }
}

void Poller::start_receive() {
  std::string attempt;
  if (!attempts_.empty()) {
    attempt = std::move(attempts_.back());
    attempts_.pop_back();
  } else if (queue_.is_fifo()) {
    attempt = attempt_ids_.mint(context_.clock->wall());
  }
  // A long poll tells nothing for as long as the queue is empty. While in doubt, an answer is wanted at once.
  const bool in_doubt = !is_proven_ || receive_trouble_.failures > 0;
  const std::uint32_t most = messages_wanted();
  http::Request request = queue_.receive(most, in_doubt ? std::chrono::seconds{0} : options_.wait_time, attempt);
  ++receiving_;
  client_->send(std::move(request),
                [this, most, attempt = std::move(attempt), renewals = renewals_](const aws::Client::Ended& ended) {
                  --receiving_;
                  received(ended, most, attempt, renewals);
                });
}

/// Behind a message that can be no event, a FIFO queue gives out others of its group each time, and counts that until
/// they go to the dead letter queue with it. One at a time, it comes alone.
std::uint32_t Poller::messages_wanted() const {
  const auto until = alarm_until();
  return queue_.is_fifo() && until && context_.clock->steady() < *until ? 1 : options_.max_messages;
}

std::optional<SteadyTime> Poller::alarm_until() const {
  if (!refused_at_) return std::nullopt;
  return *refused_at_ + std::max<milliseconds>(limits::kSqsRefusedAlarmMin,
                                               limits::kSqsRefusedAlarmTimeouts * options_.visibility_timeout);
}

void Poller::received(const aws::Client::Ended& ended, std::uint32_t most, const std::string& attempt,
                      std::uint32_t renewals) {
  auto failure = failure_of(ended);
  Result<std::vector<Message>> messages = std::vector<Message>{};
  if (!failure) {
    messages = read_messages(ended.reply->body);
    if (!messages) failure = Failure{messages.error().message, Cause::peer_down, false, std::nullopt};
  }
  if (failure) {
    // Whether the queue has given something out to nobody is not known. A FIFO queue would keep the group back.
    const bool is_open = failure->cause == Cause::peer_down && !failure->needs_person;
    if (is_open && !attempt.empty() && attempts_.size() < options_.receivers) attempts_.push_back(attempt);
    return failed(receive_trouble_, *failure, renewals, "receive");
  }
  worked(receive_trouble_);
  is_proven_ = true;
  if (messages->size() == most) {
    receivers_wanted_ = options_.receivers;
  } else if (messages->empty() && receivers_wanted_ > 1) {
    --receivers_wanted_;
  }
  if (!is_closing_) return take(*std::move(messages));
  for (Message& message : *messages) back_.push_back(std::move(message.handle));
}

void Poller::take(std::vector<Message> messages) {
  const SteadyTime now = context_.clock->steady();
  Batch batch;
  std::set<std::string> closed;  // message groups of which an earlier one stays in the queue
  for (Message& message : messages) {
    counters_.received->add();
    if (queue_.is_fifo() && closed.contains(message.group)) continue;
    if (!holdings_.hold(message.id, message.handle, now)) {
      counters_.again->add();
      continue;
    }
    const std::string id = message.id, group = message.group;
    auto event = make_event(std::move(message), options_, topic_);
    if (!event) {
      refuse(id, event.error().message);
      closed.insert(group);
      continue;
    }
    batch.bytes += payload_bytes(*event);
    batch.ids.push_back(id);
    batch.events.push_back(*std::move(event));
  }
  if (batch.ids.empty()) return;
  unreceipted_bytes_ += batch.bytes;
  ready_.push_back(std::move(batch));
}

/// It stays in the queue, which gives it out again until its redrive policy moves it.
void Poller::refuse(const std::string& id, std::string_view why) {
  holdings_.let_go(id);
  counters_.refused->add();
  ++complaints_;
  const SteadyTime now = context_.clock->steady();
  refused_at_ = now;
  refused_why_ = why;
  if (complained_at_ && now - *complained_at_ < limits::kSqsComplaintInterval) return;
  complained_at_ = now;
  log_.warn("left {} message(s) in {}; the latest, {}: {}", std::exchange(complaints_, 0), queue_.name(),
            http::excerpt(id, limits::kSqsIdBytesShown), why);
}

void Poller::submit() {
  while (!paused_ && !is_closing_ && !ready_.empty()) {
    Batch batch = std::move(ready_.front());
    ready_.pop_front();
    Pending pending{std::move(batch.ids), batch.bytes, std::nullopt};
    Submission submission;
    submission.events = std::move(batch.events);
    if (repeats_.enabled()) pending.sifted = repeats_.sift(submission, context_.clock->wall());
    const std::uint64_t ticket = ++last_ticket_;
    pending_.emplace(ticket, std::move(pending));
    intake_->admit(context_.source_id, std::move(submission), [inbox = inbox_, ticket](Admission admission) {
      inbox->put({ticket, admission});
    });
  }
}

void Poller::take_answers() {
  for (const Inbox::Answer& answer : inbox_->take()) {
    const auto found = pending_.extract(answer.ticket);
    if (found.empty()) continue;
    const Pending& pending = found.mapped();
    unreceipted_bytes_ -= pending.bytes;
    const bool taken = answer.admission == Admission::durable || answer.admission == Admission::refused_full;
    const bool stored = pending.sifted ? repeats_.settled(*pending.sifted, taken) : taken;
    if (answer.admission == Admission::stopping) is_closing_ = true;
    for (const std::string& id : pending.ids) {
      if (stored) {
        holdings_.stored(id);
      } else if (answer.admission == Admission::refused_invalid) {
        refuse(id, "the intake refuses it");
      } else {
        back_.push_back(holdings_.let_go(id));
      }
    }
  }
}

void Poller::tell() {
  auto [now_state, detail] = state();
  if (now_state == posted_state_ && detail == posted_) return;
  posted_state_ = now_state;
  posted_ = detail;
  context_.health->post(log_.component(), now_state, std::move(detail));
}

std::pair<HealthState, std::string> Poller::state() const {
  for (const Trouble* trouble : {&receive_trouble_, &change_trouble_}) {
    if (!trouble->why.empty()) return {trouble->needs_person ? HealthState::alarm : HealthState::waiting, trouble->why};
  }
  if (const auto until = alarm_until(); until && context_.clock->steady() < *until) {
    return {HealthState::alarm,
            fmt::format("messages stay in {}, because they can be no event: {}", queue_.name(), refused_why_)};
  }
  if (paused_) return {HealthState::paused, "high water: nothing is received from " + queue_.name()};
  if (!is_proven_) return {HealthState::starting, "asks for messages of " + queue_.name()};
  return {HealthState::ok, "receives from " + queue_.name()};
}

}  // namespace tidegate::aws_sqs
