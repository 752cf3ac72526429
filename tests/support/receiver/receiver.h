#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "tests/support/receiver/arrivals.h"
#include "tests/support/receiver/bodies.h"

namespace tidegate::testing {

/// What the receiver does with one request.
struct Answer {
  enum class Action : std::uint8_t {
    reply,
    close_unread,  ///< closes the connection before the body is read
    close_read,    ///< reads the request, then closes without a word
    hang,          ///< reads the request, then says nothing until the peer gives up
    cut,           ///< announces the whole body, sends half of it, and closes
  };
  Action action = Action::reply;
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  milliseconds delay{0};

  [[nodiscard]] bool accepts() const noexcept { return action == Action::reply && status / 100 == 2; }
};

/// "503*3,429:retry-after=1,200:delay=50,hang,close,close-unread" as answers; a redirect may carry ":location=URL".
Result<std::vector<Answer>> parse_answers(std::string_view text);

struct ReceivedRequest {
  std::string method, target;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< decoded
  std::string client_name;                     ///< common name of the client's certificate
  unsigned status = 0;                         ///< answered; 0: none
  std::vector<ReceivedEvent> events;
};

struct ReceiverOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                   ///< 0: the kernel chooses
  std::filesystem::path tls_cert, tls_key;  ///< both: HTTPS
  std::filesystem::path client_ca;          ///< clients must show a certificate of this authority
  std::size_t body_bytes_max = 64u << 20;   ///< beyond: 413
  std::size_t events_max = 0;               ///< beyond: 413; 0: any number
  /// Keeps the last kRequestsKept requests; otherwise requests are only counted, by marker, which is much cheaper.
  bool record = true;
  /// A request that holds such an event is answered 422, naming it.
  std::function<bool(const ReceivedEvent&)> poison;
  /// Plays another kind of service: answers every request, GET too, in place of the script; bodies are not taken apart
  /// into events. Runs on the receiver's thread.
  std::function<Answer(const ReceivedRequest&)> respond;
  /// Every accepted event as a line "id publisher seq" ("- -" without a marker), written before the request is
  /// answered.
  std::filesystem::path log;
};
inline constexpr std::size_t kRequestsKept = 10'000;

/// What has happened so far. `arrivals` counts marked events of accepted requests.
struct ReceiverSummary {
  std::uint64_t connections = 0, requests = 0, accepted_requests = 0, refused_requests = 0, invalid_requests = 0;
  std::uint64_t accepted_events = 0;  ///< with a marker or, when requests are recorded or logged, without
  std::uint64_t largest_batch = 0, body_bytes = 0;
  Arrivals::Totals arrivals;

  [[nodiscard]] std::string json() const;
};

/// An HTTP/1.1 endpoint on a thread of its own that answers as it is told. GET gives the summary as JSON; requests with
/// an absolute target are taken as well, so it passes for an HTTP proxy. *Threads*: safe from any.
class Receiver {
 public:
  static Result<std::unique_ptr<Receiver>> start(ReceiverOptions options = {});
  ~Receiver();

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:PORT" + target, or https with localhost.
  [[nodiscard]] std::string url(const std::string& target = "/events") const;

  /// Answers for the next requests, in order; after them the default (200 at first) is given.
  void script(std::vector<Answer> answers);
  void answer_by_default(Answer answer);

  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  /// Ids of accepted events in the order they came; only of recorded requests.
  [[nodiscard]] std::vector<std::string> accepted_ids() const;
  [[nodiscard]] ReceiverSummary summary() const;
  /// Waits until the condition holds; false when it did not by the deadline.
  bool wait_for(const std::function<bool(const ReceiverSummary&)>& condition,
                std::chrono::seconds at_most = std::chrono::seconds(30)) const;
  /// Ends every connection and the thread. Idempotent.
  void stop();

 private:
  struct State;
  explicit Receiver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tidegate::testing
