#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/http/ingest/server.h"

namespace tidegate::ingest {

/// One client: reads requests one after the other, and answers each before it reads the next.
/// Held by shared_ptr, because the operations under way keep it. *Threads*: the network thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `tls` may be null; it outlives the connection.
  Connection(StreamSocket socket, Acceptor::Place place, boost::asio::ssl::context* tls,
             const std::weak_ptr<Server>& server);

  void begin();
  /// Answers the request that submit() was called for: 202.
  void accept(std::string_view ids);
  /// Answers the request that is being read or was submitted.
  void refuse(const Refusal& refusal);

  /// True while no request has come in whole as far as its header; since when.
  [[nodiscard]] bool is_idle() const noexcept { return stage_ == Stage::handshake || stage_ == Stage::header; }
  [[nodiscard]] SteadyTime idle_since() const noexcept { return since_; }
  void check_deadline(SteadyTime now);
  /// Ends as soon as the answer that is due is out.
  void wind_up();
  void close();

 private:
  enum class Stage : std::uint8_t { handshake, header, body, receipt, answering, lingering, closed };

  void next_request();
  void read();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void consume();
  bool head_came();
  bool body_grew();
  void submit();
  void answer(int status, std::string_view error, std::string_view body);
  void write(std::string_view bytes);
  void flush();
  void on_written(const boost::system::error_code& error);
  void linger();
  void time_out();
  [[nodiscard]] SteadyTime now() const;

  std::shared_ptr<Server> server_;        ///< null once closed
  std::optional<Acceptor::Place> place_;  ///< given back once closed
  StreamSocket socket_;
  std::optional<boost::asio::ssl::stream<StreamSocket&>> tls_;
  Stage stage_ = Stage::handshake;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;  ///< what the buffer holds
  std::optional<RequestReader> reader_;
  std::optional<Call> call_;
  std::optional<Hold> hold_;
  bool keep_ = false;
  bool is_reading_ = false;
  std::string writing_, to_write_;
  SteadyTime since_{};
  SteadyTime deadline_ = SteadyTime::max();
};

}  // namespace tidegate::ingest
