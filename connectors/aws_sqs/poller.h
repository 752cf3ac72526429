#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "connectors/aws/client.h"
#include "connectors/aws_sqs/holdings.h"
#include "connectors/aws_sqs/inbox.h"
#include "connectors/aws_sqs/queue.h"
#include "connectors/aws_sqs/source_options.h"
#include "connectors/connector.h"
#include "connectors/net/repeats.h"
#include "gateway/base/uuid.h"

namespace tidegate::aws_sqs {

/// The thread that empties a queue: receives messages, hands their events over, and deletes each message when its
/// receipt has come. Why a thread: docs/decisions/0028-a-thread-for-each-queue.md.
class Poller {
 public:
  /// *Errors*: as aws::Client::create.
  static Result<std::unique_ptr<Poller>> create(const ConnectorContext& context, SourceOptions options);
  ~Poller() { stop(); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Reads what earlier runs remembered and starts the thread. *Blocks* on disk.
  void start(Intake& intake);
  void set_paused(bool paused);
  /// Waits for the receipts that are due, deletes and gives back, and ends the thread. Idempotent.
  void stop() noexcept;
  /// Instead of start(): asks the queue without taking a message. *Blocks* until the deadline.
  Status probe(Deadline deadline);

 private:
  using Entries = std::vector<Holdings::Entry>;
  /// Messages of one receive, as events.
  struct Batch {
    std::vector<std::string> ids;  ///< of the messages
    std::vector<Event> events;
    std::size_t bytes = 0;
  };
  /// A batch that was handed over.
  struct Pending {
    std::vector<std::string> ids;
    std::size_t bytes = 0;
    std::optional<Repeats::Sifted> sifted;
  };
  /// Something that fails, and is tried again after waits that grow.
  struct Trouble {
    std::uint32_t failures = 0;
    SteadyTime again_at = SteadyTime::min();
    std::string why;  ///< empty: none that anybody has to know
    bool needs_person = false;
  };
  /// How a request failed.
  struct Failure {
    std::string why;
    Cause cause = Cause::peer_down;
    bool needs_person = false;
    std::optional<milliseconds> retry_after;
  };
  struct Counters {
    Counter *received, *again, *deleted, *refused;
  };

  Poller(const ConnectorContext& context, SourceOptions options, std::unique_ptr<aws::Client> client);
  void run();
  void wind_up();
  [[nodiscard]] SteadyTime next_due(SteadyTime now) const;

  // Receiving.
  void receive(SteadyTime now);
  void start_receive();
  [[nodiscard]] std::uint32_t messages_wanted() const;
  void received(const aws::Client::Ended& ended, std::uint32_t most, const std::string& attempt,
                std::uint32_t renewals);
  void take(std::vector<Message> messages);
  void submit();
  void take_answers();
  void refuse(const std::string& id, std::string_view why);
  /// Until when a refused message is an alarm.
  [[nodiscard]] std::optional<SteadyTime> alarm_until() const;

  // Deleting, extending, giving back.
  void change(SteadyTime now);
  void remove();
  void removed(const Entries& entries, const aws::Client::Ended& ended, std::uint32_t renewals);
  bool extend(SteadyTime now);
  void extended(const Entries& entries, const aws::Client::Ended& ended, std::uint32_t renewals);
  void give_back();

  [[nodiscard]] std::optional<Failure> failure_of(const aws::Client::Ended& ended) const;
  /// Of an answer that is about `count` messages: one outcome each; unknown where it is none.
  [[nodiscard]] std::vector<Outcome> outcomes_of(const aws::Client::Ended& ended, std::size_t count,
                                                 std::optional<Failure>& failure) const;
  void failed(Trouble& trouble, const Failure& failure, std::uint32_t renewals, std::string_view doing);
  void worked(Trouble& trouble) { trouble = {}; }

  void tell();
  [[nodiscard]] std::pair<HealthState, std::string> state() const;

  const ConnectorContext context_;
  const SourceOptions options_;
  const std::string topic_;
  const Queue queue_;
  const Log log_;
  Counters counters_;
  const std::unique_ptr<aws::Client> client_;
  const std::shared_ptr<Inbox> inbox_;  ///< shared with the receipts
  Intake* intake_ = nullptr;
  std::atomic<bool> paused_{false}, stop_{false};
  std::thread thread_;

  // Everything below is the thread's.
  Holdings holdings_;
  Repeats repeats_;
  UuidV7 attempt_ids_;
  std::deque<Batch> ready_;  ///< not handed over: paused
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::uint64_t last_ticket_ = 0;
  std::size_t unreceipted_bytes_ = 0;  ///< of ready_ and pending_
  std::vector<std::string> back_;      ///< handles of messages to be given back
  std::vector<std::string> attempts_;  ///< of receives without an answer, to be repeated
  std::size_t receiving_ = 0, changing_ = 0;
  std::size_t receivers_wanted_ = 1;
  bool is_proven_ = false;      ///< a receive has worked since the start
  bool is_closing_ = false;     ///< nothing more is received
  std::uint32_t renewals_ = 0;  ///< of the credential
  Trouble receive_trouble_, change_trouble_;
  std::optional<SteadyTime> refused_at_, complained_at_;
  std::string refused_why_;
  std::uint64_t complaints_ = 0;
  HealthState posted_state_ = HealthState::starting;
  std::string posted_, logged_;
};

}  // namespace tidegate::aws_sqs
