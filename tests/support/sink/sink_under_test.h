#pragma once

#include <any>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/delivery/options.h"
#include "tests/support/receiver/receiver.h"

/// A sink that speaks HTTP, in front of a peer that answers as the test says.
namespace tidegate::testing {

/// How long a test waits for something that must happen; only a broken test waits that long.
inline constexpr std::chrono::seconds kSinkPatience{30};

/// A peer of any kind of service.
class ScriptedService {
 public:
  ScriptedService();
  ~ScriptedService();

  /// "http://127.0.0.1:PORT".
  [[nodiscard]] std::string origin() const;
  /// What is answered from now on: these, one after the other, then the last of them for ever.
  void answer(std::vector<Answer> answers);
  void answer(unsigned status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {});
  [[nodiscard]] std::vector<ReceivedRequest> requests() const { return receiver_->requests(); }
  /// The last request; a failure of the test when there is none.
  [[nodiscard]] ReceivedRequest last() const;

 private:
  Answer next();

  std::mutex mutex_;
  std::deque<Answer> answers_;
  std::unique_ptr<Receiver> receiver_;
};

/// The functions of a row of the registry.
struct SinkKind {
  const OptionTable* (*options)();
  Result<std::unique_ptr<Sink>> (*make)(const ConnectorContext&, const std::any&);
};

/// Events "id-N" with the payload {"n":N}, subject a/b, at 2026-01-02T03:04:05.678Z.
std::vector<OutEvent> numbered_events(int count, int first = 1);

/// A sink under test, with what it needs around it.
class SinkUnderTest {
 public:
  /// `yaml`: the sink's options. Fails the test when they are wrong.
  SinkUnderTest(SinkKind kind, const std::string& yaml, const std::string& route = "readings");

  Sink& operator*() const { return *sink_; }
  Sink* operator->() const { return sink_.get(); }
  /// Submits the events as one batch and waits for what became of it. `more`: Batch::more.
  Settled send(const std::vector<OutEvent>& events, bool more = false);
  /// What the sink says of the connection; empty: it is good.
  [[nodiscard]] std::string connect();

 private:
  SystemClock clock_;
  DeliveryOptions delivery_;
  ConnectorContext context_;
  std::unique_ptr<Sink> sink_;
};

/// An answer of the service, and what it means for a batch.
struct AnswerCase {
  unsigned status;
  std::string body;
  std::size_t events;
  Fate fate;
  Cause cause;
  std::string reason;
};
/// Sends a batch for each case, to a service that answers so.
void expect_judged(ScriptedService& service, SinkKind kind, const std::string& yaml,
                   const std::vector<AnswerCase>& cases);

/// For ConnectorType::judge_answer.
inline PeerAnswer answer_named(std::string_view name, std::size_t events = 1) {
  return {name, events, std::nullopt, {}};
}

/// What is wrong with such options; empty: nothing.
std::string fault_of(SinkKind kind, const std::string& yaml);

}  // namespace tidegate::testing
