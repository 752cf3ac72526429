#pragma once

#include <memory>
#include <string>

#include "connectors/http/connection.h"
#include "connectors/http/judge.h"
#include "connectors/http/request.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

/// How a sink that speaks HTTP proves who it is. HttpSink drives it; a service never sees it.
namespace tidegate::auth {

/// A conversation that brings a credential, one request after the other. HttpSink runs it beside the deliveries.
class Errand {
 public:
  virtual ~Errand() = default;
  /// Writes the next request into `request`, which is clear. False: there is none, the credential is with its Auth.
  /// *Blocks* for at most limits::kErrandStepMax, when it must read files or run a program. *Errors*: refused or
  /// invalid, when somebody must mend something; anything else may pass by itself.
  virtual Result<bool> next(http::Request& request, WallTime now) = 0;
  /// Takes the complete answer to the last request. *Errors*: as next().
  virtual Status take(const http::Reply& reply, WallTime now) = 0;
  /// How this request's connection is made; null: as the sink's own.
  [[nodiscard]] virtual const http::ConnectionOptions* connection() const { return nullptr; }
};

/// *Threads*: one user at a time. Every text it gives out is free of secrets.
class Auth {
 public:
  virtual ~Auth() = default;
  /// The conversation to have now: a credential is missing, or will expire soon. Null: none. Not called while one is
  /// under way; at most once per limits::kErrandPause after one that failed while ready(). The Auth outlives it.
  virtual std::unique_ptr<Errand> errand(WallTime /*now*/) { return nullptr; }
  /// There is a credential that holds at `now`. False: requests wait for the errand.
  [[nodiscard]] virtual bool ready(WallTime /*now*/) const { return true; }
  /// Adds the proof to a request that is complete otherwise: each time anew when it is sent again. Only when ready().
  /// *Errors*: a sentence; invalid and refused: the credential is no good.
  virtual Status prove(http::Request& request, WallTime now) = 0;
  /// Every complete answer of the endpoint: its Date tells how wrong the clock is.
  virtual void hear(const http::Reply& /*reply*/, WallTime /*now*/) {}
  /// The endpoint refused a request, and means the proof by it, whatever the service makes of the status. Called after
  /// hear(), with a status of 400 and above.
  [[nodiscard]] virtual bool blames_proof(const http::Reply& /*reply*/) const { return false; }
  /// The endpoint refused the proof: reads files and environment again and forgets what was fetched. False: nothing
  /// that could make a difference has changed. *Blocks* on disk.
  virtual bool renew() { return false; }
  /// Blanks every secret of its own in a text that may quote a request.
  virtual void redact(std::string& /*text*/) const {}
};

}  // namespace tidegate::auth
