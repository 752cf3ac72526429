#pragma once

#include <memory>

#include "gateway/admin/api.h"
#include "gateway/admin/backend.h"
#include "gateway/admin/worker.h"
#include "gateway/base/health.h"
#include "gateway/net/listen_address.h"

namespace boost::asio {
class io_context;
}

namespace tidegate {

/// What the admin server is made of. References outlive it.
struct AdminServerSetup {
  ListenAddress listen;
  boost::asio::io_context& net;
  AdminBackend& backend;
  Worker& worker;  ///< answers what waits for the disk
  Health& health;  ///< the server posts as "admin"
};

/// Serves the admin API over HTTP/1.1 on the network thread. A port that is taken is an alarm, not the end of the data
/// path: binding is tried again until it works.
class AdminServer {
 public:
  static std::unique_ptr<AdminServer> create(AdminServerSetup setup);
  virtual ~AdminServer() = default;

  /// *Threads*: safe from any.
  virtual void start() = 0;
  /// Closes the listener and every connection. Idempotent. *Blocks* until the network thread, which must be running,
  /// has done so.
  virtual void stop() = 0;
  /// Where it listens: the port that the kernel chose for port 0; port 0 while it is not listening.
  [[nodiscard]] virtual ListenAddress bound() const = 0;
};

}  // namespace tidegate
