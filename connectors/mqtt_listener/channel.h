#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/net/server_tls.h"
#include "gateway/net/acceptor.h"

namespace tidegate::mqtt_listener {

/// The bytes of one TCP or TLS connection, read and written without waiting, so that an idle connection holds no
/// buffer. *Threads*: the network thread only.
class Channel {
 public:
  enum class State : std::uint8_t {
    done,         ///< `bytes` were read or written
    wants_read,   ///< nothing now: go on when the socket has something to read
    wants_write,  ///< nothing now: go on when the socket takes bytes again
    ended,        ///< the peer closed, or the connection is broken
  };
  struct Step {
    State state = State::ended;
    std::size_t bytes = 0;
  };

  /// `tls` null: plain TCP. Shared with the connections that began with it.
  Channel(StreamSocket socket, std::shared_ptr<boost::asio::ssl::context> tls);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Goes through the TLS handshake as needed.
  Step read(std::span<char> into);
  Step write(std::string_view bytes);
  /// True when bytes are there that no readable socket will announce.
  [[nodiscard]] bool has_buffered() const noexcept;

  /// Calls `ready` once the socket can be read or written, or has failed. Not after close().
  void wait(State what, std::function<void()> ready);
  /// Calls `ready` after what else is due now.
  void yield(std::function<void()> ready);
  void close() noexcept;

  /// True when the client has closed its side, though what it sent before may not have been read yet.
  [[nodiscard]] bool is_peer_gone();

  /// Who the client's certificate says it is.
  [[nodiscard]] std::optional<PeerIdentity> identity() const;
  /// Why the TLS handshake failed, in words; empty: it did not.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] std::string peer() const { return peer_text(socket_); }

 private:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const noexcept;
  };
  Step plain(std::ptrdiff_t result) const noexcept;
  Step secured(int result, std::size_t bytes);

  StreamSocket socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::unique_ptr<ssl_st, FreeSsl> tls_;
  std::string trouble_;
};

}  // namespace tidegate::mqtt_listener
