#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/auth/auth.h"
#include "connectors/aws/options.h"
#include "connectors/connector.h"
#include "connectors/http/errands.h"
#include "connectors/http/request.h"
#include "connectors/http/transfer.h"

namespace tidegate::aws {

/// Runs signed requests to one AWS service, several at a time, over connections that stay open: for sources, what
/// http::HttpSink is for sinks. Judges no answer of the service, and repeats nothing.
/// *Threads*: one user, but for wake().
class Client {
 public:
  /// How a request ended.
  struct Ended {
    const http::Reply* reply = nullptr;  ///< complete, or a refusal that broke off; null: there is none
    Error why;                           ///< there is none. refused: somebody must mend the credential.
  };
  /// What it is given holds as long as it runs. May send further requests.
  using Done = std::function<void(const Ended&)>;

  /// `signed_as`: what signatures call the service ("sqs"). `reply_bytes_max`: of an answer's body; past it, it is cut.
  /// *Errors*: as of the credential, and unavailable, when a library has no memory. Reaches for no peer.
  static Result<std::unique_ptr<Client>> create(const Clock& clock, const AwsOptions& options,
                                                std::string_view signed_as, std::size_t reply_bytes_max);
  ~Client() { drop(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Starts a request that is complete but for its proof; without a credential, once there is one.
  void send(http::Request request, Done done);
  /// Returns when requests have ended and were told of, at the deadline, or after wake().
  void run(Deadline deadline);
  /// Makes run() return soon. *Threads*: safe from any.
  void wake() noexcept { curl_multi_wakeup(multi_.get()); }
  /// After a credential was refused. False: nothing that could make a difference has changed. *Blocks* on disk.
  bool renew();
  /// Abandons what is on its way, without a word to anybody.
  void drop() noexcept;

  /// The text without what is secret.
  [[nodiscard]] std::string without_secrets(std::string text) const;

 private:
  struct Call {
    http::Request request;
    Done done;
  };
  struct Running {
    std::unique_ptr<http::Transfer> transfer;
    Done done;
  };

  Client(const Clock& clock, const AwsOptions& options, std::unique_ptr<auth::Auth> auth, http::Multi multi,
         std::size_t reply_bytes_max);
  void start(Call call);
  void fail(Done done, Error why);
  bool collect();
  void answered(Running& running, CURLcode code);

  void send_waiting(const Status& ended);

  const Clock& clock_;
  AwsOptions options_;
  const std::unique_ptr<auth::Auth> auth_;
  const http::Multi multi_;
  const std::size_t reply_bytes_max_;
  std::vector<Running> running_;
  std::vector<std::unique_ptr<http::Transfer>> idle_;
  std::vector<Call> waiting_;                   ///< for a credential
  std::vector<std::pair<Done, Error>> failed_;  ///< run() tells them
  http::Errands errands_{clock_, *auth_, options_};
};

}  // namespace tidegate::aws
