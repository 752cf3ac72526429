#include "tests/support/receiver/receiver.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "tests/support/receiver/ledger.h"

namespace tidegate::testing {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;

namespace {

/// Whatever the scripted limit is, no body takes more memory than this.
constexpr std::size_t kBodyBytesRead = 128u << 20;

std::string client_name(tcp::socket&) { return {}; }
std::string client_name(TlsStream& stream) {
  X509* certificate = SSL_get1_peer_certificate(stream.native_handle());
  if (certificate == nullptr) return {};
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  X509_free(certificate);
  return name;
}

tcp::socket& socket_of(tcp::socket& stream) { return stream; }
tcp::socket& socket_of(TlsStream& stream) { return stream.next_layer(); }

ReceivedRequest describe(const http::request<http::string_body>& from, std::string client) {
  ReceivedRequest request;
  request.method = std::string(from.method_string());
  request.target = std::string(from.target());
  request.client_name = std::move(client);
  for (const auto& field : from) {
    std::string name(field.name_string());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    request.headers[name] = std::string(field.value());
  }
  return request;
}

http::response<http::string_body> response_of(const Answer& answer, bool keep_alive) {
  http::response<http::string_body> response;
  response.version(11);
  response.result(answer.status);
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  response.body() = answer.body;
  response.keep_alive(keep_alive);
  response.prepare_payload();
  return response;
}

asio::awaitable<void> pause(milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(use_awaitable);
}

/// A peer that gave up shows as a readable socket.
asio::awaitable<void> until_peer_closes(tcp::socket& socket) {
  char byte = 0;
  co_await socket.async_read_some(asio::buffer(&byte, 1), use_awaitable);
}

template <class Stream>
asio::awaitable<void> serve_requests(Stream& stream, Ledger& ledger) {
  beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(kBodyBytesRead);
    co_await http::async_read_header(stream, buffer, parser, use_awaitable);
    const bool is_query = parser.get().method() == http::verb::get && !ledger.answers_queries();
    Answer answer = is_query ? Answer{} : ledger.next_answer();
    if (answer.action == Answer::Action::close_unread) co_return;
    co_await http::async_read(stream, buffer, parser, use_awaitable);
    auto request = parser.release();
    const bool keep_alive = request.keep_alive();
    if (is_query) {
      answer.body = ledger.summary().json();
      answer.headers.emplace_back("Content-Type", "application/json");
    } else {
      answer = ledger.take(describe(request, client_name(stream)), std::move(request.body()), std::move(answer));
    }
    if (answer.action == Answer::Action::close_read) co_return;
    if (answer.action == Answer::Action::hang) co_return co_await until_peer_closes(socket_of(stream));
    if (answer.delay.count() > 0) co_await pause(answer.delay);
    auto response = response_of(answer, keep_alive);
    if (answer.action == Answer::Action::cut) {
      response.body().resize(answer.body.size() / 2);
      co_await http::async_write(stream, response, use_awaitable);
      co_return;
    }
    co_await http::async_write(stream, response, use_awaitable);
    if (!keep_alive) co_return;
  }
}

asio::awaitable<void> serve_plain(tcp::socket socket, Ledger& ledger) {
  try {
    co_await serve_requests(socket, ledger);
  } catch (const boost::system::system_error&) {  // the peer is gone: the end of every connection
  }
}

asio::awaitable<void> serve_tls(tcp::socket socket, asio::ssl::context& tls, Ledger& ledger) {
  TlsStream stream(std::move(socket), tls);
  try {
    co_await stream.async_handshake(TlsStream::server, use_awaitable);
    co_await serve_requests(stream, ledger);
  } catch (const boost::system::system_error&) {  // a refused handshake, or the peer is gone
  }
}

}  // namespace

struct Receiver::State {
  explicit State(ReceiverOptions given) : options(std::move(given)), ledger(options) {}

  asio::awaitable<void> accept_all(tcp::acceptor acceptor) {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
      socket.set_option(tcp::no_delay(true));
      ledger.connected();
      if (is_tls()) {
        asio::co_spawn(*io, serve_tls(std::move(socket), tls, ledger), asio::detached);
      } else {
        asio::co_spawn(*io, serve_plain(std::move(socket), ledger), asio::detached);
      }
    }
  }

  [[nodiscard]] bool is_tls() const { return !options.tls_cert.empty(); }

  tcp::acceptor prepare() {
    if (is_tls()) {
      tls.use_certificate_chain_file(options.tls_cert);
      tls.use_private_key_file(options.tls_key, asio::ssl::context::pem);
      if (!options.client_ca.empty()) {
        tls.load_verify_file(options.client_ca);
        tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
      }
    }
    const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
    tcp::acceptor acceptor(*io);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    port = acceptor.local_endpoint().port();
    return acceptor;
  }

  const ReceiverOptions options;
  Ledger ledger;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  std::unique_ptr<asio::io_context> io = std::make_unique<asio::io_context>(1);
  std::uint16_t port = 0;
  std::thread thread;
};

Receiver::Receiver(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Receiver>> Receiver::start(ReceiverOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  try {
    asio::co_spawn(*state->io, state->accept_all(state->prepare()), asio::detached);
  } catch (const boost::system::system_error& error) {
    return Error{ErrorCode::unavailable, error.what()};
  }
  state->thread = std::thread([io = state->io.get()] { io->run(); });
  return std::unique_ptr<Receiver>(new Receiver(std::move(state)));
}

Receiver::~Receiver() { stop(); }

void Receiver::stop() {
  if (!state_->thread.joinable()) return;
  state_->io->stop();
  state_->thread.join();
  state_->io.reset();  // with it go the acceptor and every connection
}

std::uint16_t Receiver::port() const noexcept { return state_->port; }

std::string Receiver::url(const std::string& target) const {
  return (state_->is_tls() ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port()) + target;
}

void Receiver::script(std::vector<Answer> answers) { state_->ledger.script(std::move(answers)); }
void Receiver::answer_by_default(Answer answer) { state_->ledger.answer_by_default(std::move(answer)); }
std::vector<ReceivedRequest> Receiver::requests() const { return state_->ledger.requests(); }
ReceiverSummary Receiver::summary() const { return state_->ledger.summary(); }

std::vector<std::string> Receiver::accepted_ids() const {
  std::vector<std::string> ids;
  for (const ReceivedRequest& request : requests()) {
    if (request.status / 100 != 2) continue;
    for (const ReceivedEvent& event : request.events) ids.push_back(event.id);
  }
  return ids;
}

bool Receiver::wait_for(const std::function<bool(const ReceiverSummary&)>& condition,
                        std::chrono::seconds at_most) const {
  return state_->ledger.wait_for(condition, at_most);
}

}  // namespace tidegate::testing
