#include "tests/support/kafka/scripted_kafka.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace tidegate::testing {

namespace {

enum ApiKey : std::int16_t {
  kProduce = 0,
  kFetch = 1,
  kMetadata = 3,
  kSaslHandshake = 17,
  kApiVersions = 18,
  kInitProducerId = 22,
  kSaslAuthenticate = 36
};
constexpr std::int16_t kUnsupportedVersion = 35, kSaslFailed = 58, kUnsupportedMechanism = 33;
constexpr std::size_t kFrameBytesMax = 64u << 20;
/// Where a record batch says how many records it holds.
constexpr std::size_t kRecordCountAt = 57;

/// What a request holds, in the protocol's own order of bytes. Past the end everything is zero.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}
  std::int64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<std::uint8_t>(c);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(size);
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  std::string_view take(std::size_t size) {
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(out.size());
    return out;
  }
  std::string_view text() { return sized(number(2)); }
  std::string_view block() { return sized(number(4)); }

 private:
  std::string_view sized(std::int64_t size) {
    return size < 0 ? std::string_view() : take(static_cast<std::size_t>(size));
  }
  std::string_view bytes_;
};

class Reply {
 public:
  Reply& number(std::size_t size, std::int64_t value) {
    for (std::size_t i = size; i-- > 0;) bytes_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  Reply& text(std::string_view value) {
    number(2, static_cast<std::int64_t>(value.size()));
    bytes_ += value;
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

void add_versions(Reply& reply) {
  constexpr std::int16_t kKnown[][3] = {{kProduce, 0, 7},         {kFetch, 0, 4},       {kMetadata, 0, 2},
                                        {kSaslHandshake, 0, 1},   {kApiVersions, 0, 0}, {kInitProducerId, 0, 1},
                                        {kSaslAuthenticate, 0, 0}};
  reply.number(4, std::size(kKnown));
  for (const auto& row : kKnown) reply.number(2, row[0]).number(2, row[1]).number(2, row[2]);
}

/// Version 2. *Source*: Kafka protocol, Metadata.
void add_metadata(Reply& reply, Fields& request, std::uint16_t port) {
  const std::int64_t asked = request.number(4);
  reply.number(4, 1).number(4, 1).text("localhost").number(4, port).number(2, -1);
  reply.text("scripted").number(4, 1);
  const std::int64_t topics = asked > 0 ? asked : 0;
  reply.number(4, topics);
  for (std::int64_t i = 0; i < topics; ++i) {
    const std::string_view topic = request.text();
    const bool known = topic == "events";
    reply.number(2, known ? 0 : 3).text(topic).number(1, 0).number(4, known ? 1 : 0);
    if (known) reply.number(2, 0).number(4, 0).number(4, 1).number(4, 1).number(4, 1).number(4, 1).number(4, 1);
  }
}

/// Version 7. *Source*: Kafka protocol, Produce. Returns the records that it takes.
std::uint64_t add_produced(Reply& reply, Fields& request, std::uint64_t offset) {
  std::uint64_t records = 0;
  request.text();
  request.number(2);
  request.number(4);
  const std::int64_t topics = request.number(4);
  reply.number(4, topics);
  for (std::int64_t t = 0; t < topics; ++t) {
    reply.text(request.text());
    const std::int64_t partitions = request.number(4);
    reply.number(4, partitions);
    for (std::int64_t p = 0; p < partitions; ++p) {
      reply.number(4, request.number(4)).number(2, 0).number(8, static_cast<std::int64_t>(offset + records));
      reply.number(8, -1).number(8, 0);
      const std::string_view batch = request.block();
      if (batch.size() > kRecordCountAt)
        records += static_cast<std::uint64_t>(Fields(batch.substr(kRecordCountAt)).number(4));
    }
  }
  reply.number(4, 0);
  return records;
}

bool read_all(int socket, SSL* tls, char* to, std::size_t size) {
  while (size > 0) {
    const auto got = tls != nullptr ? SSL_read(tls, to, static_cast<int>(size)) : recv(socket, to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int socket, SSL* tls, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = tls != nullptr ? SSL_write(tls, bytes.data(), static_cast<int>(bytes.size()))
                                    : send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

ScriptedKafka::ScriptedKafka(Script script) : script_(std::move(script)), password_(script_.password) {
  std::signal(SIGPIPE, SIG_IGN);  // as in the program: OpenSSL writes to connections that have ended
  if (!script_.cert.empty()) {
    tls_ = SSL_CTX_new(TLS_server_method());
    const bool usable = SSL_CTX_use_certificate_chain_file(tls_, script_.cert.c_str()) == 1 &&
                        SSL_CTX_use_PrivateKey_file(tls_, script_.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!usable) std::abort();
  }
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(listener_, 16) == 0 &&
                     getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!bound) std::abort();
  port_ = ntohs(address.sin_port);
  accepting_ = std::jthread([this] { accept_all(); });
}

ScriptedKafka::~ScriptedKafka() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (const Connection& each : connections_) shutdown(each.socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (Connection& each : connections_) {
    each.thread.join();
    SSL_free(each.tls);
    ::close(each.socket);
  }
  ::close(listener_);
  SSL_CTX_free(tls_);
}

std::string ScriptedKafka::bootstrap() const { return fmt::format("localhost:{}", port_); }

void ScriptedKafka::change_password(std::string password) {
  const std::lock_guard lock(mutex_);
  password_ = std::move(password);
  for (const Connection& each : connections_) shutdown(each.socket, SHUT_RDWR);
}

void ScriptedKafka::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (socket < 0 || over_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    Connection& made = connections_.emplace_back();
    made.socket = socket;
    made.in = script_.user.empty();
    made.thread = std::jthread([this, &made] { serve(made); });
  }
}

void ScriptedKafka::serve(Connection& connection) {
  if (tls_ != nullptr) {
    connection.tls = SSL_new(tls_);
    SSL_set_fd(connection.tls, connection.socket);
    if (SSL_accept(connection.tls) != 1) {
      shutdown(connection.socket, SHUT_RDWR);
      return;
    }
  }
  char head[4];
  std::string request, reply;
  while (read_all(connection.socket, connection.tls, head, sizeof head)) {
    const auto size = static_cast<std::size_t>(Fields({head, sizeof head}).number(4));
    if (size > kFrameBytesMax) break;
    request.resize(size);
    if (!read_all(connection.socket, connection.tls, request.data(), size)) break;
    reply.clear();
    const bool goes_on = answer(connection, request, reply);
    const std::string framed = Reply().number(4, static_cast<std::int64_t>(reply.size())).bytes() + reply;
    if (!write_all(connection.socket, connection.tls, framed) || !goes_on) break;
  }
  shutdown(connection.socket, SHUT_RDWR);
}

/// False: the connection ends behind the reply.
bool ScriptedKafka::answer(Connection& connection, std::string_view request, std::string& reply) {
  Fields fields(request);
  const std::int64_t key = fields.number(2), version = fields.number(2), correlation = fields.number(4);
  Reply out;
  out.number(4, correlation);
  bool goes_on = true;
  if (key == kApiVersions) {
    out.number(2, version == 0 ? 0 : kUnsupportedVersion);
    add_versions(out);
    reply = out.bytes();
    return true;
  }
  fields.text();  // the client's id
  switch (key) {
    case kSaslHandshake:
      goes_on = fields.text() == "PLAIN";
      out.number(2, goes_on ? 0 : kUnsupportedMechanism).number(4, 1).text("PLAIN");
      break;
    case kSaslAuthenticate:
      connection.in = is_right(fields.block());
      if (!connection.in) ++refused_;
      goes_on = connection.in;
      out.number(2, goes_on ? 0 : kSaslFailed).text(goes_on ? "" : "Invalid username or password").number(4, 0);
      break;
    case kMetadata:
      goes_on = connection.in;
      add_metadata(out, fields, port_);
      break;
    case kInitProducerId:
      goes_on = connection.in;
      out.number(4, 0).number(2, 0).number(8, 4711).number(2, 0);
      break;
    case kProduce:
      goes_on = connection.in;
      if (goes_on) taken_ += add_produced(out, fields, taken_);
      break;
    default: goes_on = false;
  }
  reply = out.bytes();
  return goes_on;
}

/// *Source*: RFC 4616: authzid NUL authcid NUL passwd.
bool ScriptedKafka::is_right(std::string_view plain) {
  const std::lock_guard lock(mutex_);
  return plain == std::string(1, '\0') + script_.user + '\0' + password_;
}

}  // namespace tidegate::testing
