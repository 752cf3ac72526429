#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "connectors/mqtt/options.h"
#include "gateway/base/result.h"

namespace boost::asio {
class io_context;
}

namespace tidegate::mqtt {

/// One TCP or TLS connection to a broker; made anew for each attempt, so that certificates are read anew too.
/// Held by shared_ptr: operations under way keep it alive until they end. After close() no callback runs any more.
/// *Threads*: the network thread only.
class Link {
 public:
  virtual ~Link() = default;
  /// Resolves, connects, and with TLS shakes hands and verifies. No timeout of its own: close() ends it.
  virtual void open(std::function<void(Status)> done) = 0;
  /// One read; an orderly end of the stream is an error too. `into` and `done` live until it ends.
  virtual void read(std::span<char> into, std::function<void(Result<std::size_t>)> done) = 0;
  /// Writes all of `bytes`, which live until it ends. One at a time.
  virtual void write(std::string_view bytes, std::function<void(Status)> done) = 0;
  virtual void close() noexcept = 0;
};

std::shared_ptr<Link> make_link(boost::asio::io_context& net, const BrokerAddress& broker, const TlsOptions& tls);

}  // namespace tidegate::mqtt
