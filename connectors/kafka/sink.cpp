#include "connectors/kafka/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/kafka/kafka.h"
#include "connectors/kafka/limits.h"
#include "gateway/base/printable.h"
#include "gateway/event/json_text.h"

namespace tidegate::kafka {

namespace {

/// Events handed over between two looks at what has ended meanwhile.
constexpr std::size_t kStride = 256;
/// Longest single wait for the cluster's answer: what a stop waits for.
constexpr milliseconds kSliceMax{2000};

std::string client_id_for(const ConnectorContext& context, const std::string& wanted) {
  return wanted.empty() ? fmt::format("{}-{}", context.gateway_id, context.name) : wanted;
}

}  // namespace

KafkaSink::KafkaSink(const ConnectorContext& context, const SinkOptions& options)
    : clock_(*context.clock),
      log_("sink " + context.name),
      client_id_(client_id_for(context, options.client_id)),
      options_(options),
      writer_(options_, context.route),
      flights_(clock_),
      request_bytes_(options.max_message_bytes) {}

KafkaSink::~KafkaSink() { close(); }

SinkLimits KafkaSink::limits() const noexcept {
  return {limits::kBatchEventsMax, limits::kBatchBytesMax, limits::kBatchesMax};
}

Status KafkaSink::open_producer() {
  flights_.new_link();
  auto made = Producer::create(properties_for(options_, client_id_, request_bytes_), request_bytes_, flights_, log_);
  if (!made) return std::move(made).error();
  producer_ = *std::move(made);
  draining_ = false;
  resized_ = false;
  return {};
}

void KafkaSink::end_producer() {
  producer_.reset();
  draining_ = false;
  flights_.new_link();
}

Status KafkaSink::connect(Deadline deadline, std::stop_token stop) {
  if (!producer_) {
    if (Status opened = open_producer(); !opened) return opened;
  }
  const std::string* topic = options_.topic.filled().constant();
  milliseconds slice = limits::kConnectSlice;
  Status result;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline.at - clock_.steady());
    const LinkState link = flights_.link();
    const std::string trouble = without_secrets(link.trouble);
    if (stop.stop_requested()) {
      result = Error{ErrorCode::stopping, "stopped while connecting"};
    } else if (link.cause == Cause::unauthorized) {
      result = Error{ErrorCode::refused, trouble};
    } else if (link.down_since) {
      result = Error{ErrorCode::unavailable, trouble};
    } else if (left.count() <= 0) {
      result =
          Error{ErrorCode::timeout, "not connected within the deadline" + (trouble.empty() ? trouble : ": " + trouble)};
    } else {
      const ClusterView view = producer_->look(topic != nullptr ? *topic : std::string(), std::min(slice, left));
      if (view.error == RD_KAFKA_RESP_ERR__TIMED_OUT) slice = std::min(slice * 2, kSliceMax);
      if (view.error != RD_KAFKA_RESP_ERR_NO_ERROR || view.topic_error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        continue;
      flights_.link_is_up();
      result = judge_view(view);
    }
    break;
  }
  if (!result && !flights_.oldest()) end_producer();
  return result;
}

Status KafkaSink::judge_view(const ClusterView& view) const {
  const std::string* topic = options_.topic.filled().constant();
  if (topic == nullptr || view.topic_error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const std::string words = words_of(view.topic_error);
  switch (view.topic_error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      return Error{ErrorCode::not_found,
                   fmt::format("the cluster has no topic \"{}\"; create it, or set create_topics ({})", *topic, words)};
    default: break;
  }
  const bool refused = cause_of(view.topic_error) == Cause::unauthorized;
  return Error{refused ? ErrorCode::refused : ErrorCode::unavailable, fmt::format("topic \"{}\": {}", *topic, words)};
}

void KafkaSink::submit(Batch batch) {
  Outbound out;
  out.events = batch.events;
  out.first_ticket = flights_.open(std::move(batch));
  outbox_.push_back(std::move(out));
  advance();
}

std::vector<Settled> KafkaSink::wait(Deadline deadline, std::stop_token stop) {
  const std::stop_callback wake_on_stop(stop, [this] { wake(); });
  for (;;) {
    advance();
    if (flights_.take_wake() || !settled_.empty() || stop.stop_requested() || clock_.steady() >= deadline.at) break;
    flights_.wait(std::min(deadline.at, next_timer()));
  }
  return std::exchange(settled_, {});
}

void KafkaSink::wake() noexcept { flights_.wake(); }

bool KafkaSink::refresh_credentials() { return options_.sasl && options_.sasl->password.refresh(); }

void KafkaSink::close() noexcept {
  end_producer();
  flights_.clear();
  outbox_.clear();
  settled_.clear();
}

/// Does what is due: looks after the producer, hands messages over, and collects the batches that are complete.
void KafkaSink::advance() {
  if (producer_) watch();
  produce_more();
  for (Flight& flight : flights_.take_complete()) settled_.push_back(settled_of(std::move(flight)));
}

void KafkaSink::watch() {
  const LinkState link = flights_.link();
  if (link.cause == Cause::unauthorized) return give_up(link.trouble, Cause::unauthorized);
  fit_requests();
  if (link.fatal && !draining_) {
    log_.info("a new producer takes over when what is open has ended: {}", without_secrets(link.trouble));
    draining_ = true;
  }
  if (draining_ && flights_.handed() == 0) return end_producer();
  const std::optional<SteadyTime> oldest = flights_.oldest();
  if (!oldest) return;
  const SteadyTime now = clock_.steady();
  if (link.down_since && now >= std::max(*link.down_since, *oldest) + options_.timeout.connect)
    return give_up(fmt::format("no broker can be reached: {}", link.trouble), Cause::peer_down);
  if (now >= *oldest + options_.timeout.delivery)
    give_up(fmt::format("not acknowledged within {} ms{}{}", options_.timeout.delivery.count(),
                        link.trouble.empty() ? "" : "; latest trouble: ", link.trouble),
            link.trouble.empty() ? Cause::peer_down : link.cause);
}

/// Learns which requests are too large, and after a while whether they still are. A producer's requests are of one size
/// for good.
void KafkaSink::fit_requests() {
  delivered_of_size_ += flights_.take_delivered();
  const Smaller smaller = flights_.take_smaller();
  if (resized_) return;  // further requests of the same producer
  if (smaller != Smaller::no) {
    const bool one = smaller == Smaller::one || request_bytes_ / 2 < limits::kRequestBytesMin;
    request_bytes_ = one ? 1 : request_bytes_ / 2;
    if (one) log_.info("requests hold one message each from now on: a broker refused one of several");
    if (!one) log_.warn("requests hold at most {} bytes from now on; see max_message_bytes", request_bytes_);
  } else if (request_bytes_ < options_.max_message_bytes && delivered_of_size_ >= limits::kSizeRecoveryMessages) {
    request_bytes_ = std::min(std::max(request_bytes_ * 2, limits::kRequestBytesMin), options_.max_message_bytes);
  } else {
    return;
  }
  delivered_of_size_ = 0;
  resized_ = true;
  draining_ = true;
}

/// Ends everything that is open, so that nothing of it can be taken after what is sent next.
void KafkaSink::give_up(const std::string& why, Cause cause) {
  const std::string said = without_secrets(why);
  flights_.give_up(said, cause);
  producer_->purge();
  flights_.wait_for_reports(clock_.steady() + limits::kPurgePatience);
  end_producer();
  outbox_.clear();
  flights_.end_all(said, cause);
}

void KafkaSink::produce_more() {
  flights_.set_refill(std::nullopt);
  while (!outbox_.empty() && !draining_) {
    if (!producer_) {
      if (const Status opened = open_producer(); !opened) {
        outbox_.clear();
        return flights_.end_all(opened.error().message, Cause::peer_down);
      }
    }
    if (!produce_some(outbox_.front())) break;
    if (outbox_.front().next == outbox_.front().events.size()) outbox_.pop_front();
  }
  if (draining_) flights_.set_refill(0);
}

/// Hands the next few events of a batch to the producer. False: it takes no more for now.
bool KafkaSink::produce_some(Outbound& out) {
  if (auto held = flights_.held_subjects(out.first_ticket, out.failures_seen); !held.empty())
    out.held = std::move(held);
  const std::size_t end = std::min(out.events.size(), out.next + kStride);
  flights_.hand(out.first_ticket + out.next, end - out.next);
  while (out.next < end) {
    const std::uint64_t ticket = out.first_ticket + out.next;
    const rd_kafka_resp_err_t error = hand_over(*out.events[out.next], ticket, out);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL || error == RD_KAFKA_RESP_ERR__FATAL) {
      flights_.take_back(ticket, end - out.next);
      draining_ |= error == RD_KAFKA_RESP_ERR__FATAL;
      // Three quarters, so that the worker hands over many at a time.
      if (!draining_) flights_.set_refill(flights_.handed() * 3 / 4);
      return false;
    }
    ++out.next;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    flights_.take_back(out.first_ticket + out.next, end - out.next);
    return true;  // what is held has changed
  }
  if (producer_->topics() > limits::kTopicsMax) draining_ = true;
  return true;
}

/// Hands one event over, or ends it. What was handed or rejected is no error: others may follow it.
rd_kafka_resp_err_t KafkaSink::hand_over(const OutEvent& event, std::uint64_t ticket, const Outbound& out) {
  if (!out.held.empty() && out.held.contains(event.event.subject)) {
    flights_.end(ticket, {{Fate::retry, "not sent: an earlier event of its subject is to be sent again"}});
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  if (Status written = writer_.write(event, message_); !written) {
    flights_.end(ticket, {{Fate::rejected, std::move(written).error().message}});
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  const rd_kafka_resp_err_t error = producer_->produce(message_, ticket);
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR__FATAL: return error;
    default: flights_.end(ticket, judge({error, RD_KAFKA_MSG_STATUS_NOT_PERSISTED, true})); return error;
  }
}

/// A broker may quote what it was sent, and a reason goes into logs and dead letters.
std::string KafkaSink::without_secrets(std::string reason) const {
  if (options_.sasl) {
    const std::string& secret = options_.sasl->password.value().reveal();
    for (std::size_t at = 0; !secret.empty() && (at = reason.find(secret, at)) != std::string::npos; at += 3)
      reason.replace(at, secret.size(), "***");
  }
  reason = printable(reason).substr(0, limits::kExcerptBytesMax);
  if (!is_utf8(reason))
    std::ranges::replace_if(
        reason, [](char c) { return c < 0 || c > '\x7e'; }, '?');
  return reason;
}

/// When advance() has something to do although nothing was reported.
SteadyTime KafkaSink::next_timer() const {
  const std::optional<SteadyTime> oldest = flights_.oldest();
  if (!oldest) return SteadyTime::max();
  const LinkState link = flights_.link();
  SteadyTime at = *oldest + options_.timeout.delivery;
  if (link.down_since) at = std::min(at, std::max(*link.down_since, *oldest) + options_.timeout.connect);
  return at;
}

}  // namespace tidegate::kafka

namespace tidegate {

Result<std::unique_ptr<Sink>> make_kafka_sink(const ConnectorContext& context, const std::any& options) {
  return std::unique_ptr<Sink>(
      std::make_unique<kafka::KafkaSink>(context, std::any_cast<const kafka::SinkOptions&>(options)));
}

}  // namespace tidegate
