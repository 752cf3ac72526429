#include "mqtt_fuzz.h"

#include <string>
#include <utility>
#include <vector>

#include "connectors/mqtt/limits.h"
#include "connectors/mqtt/session.h"
#include "tests/fuzz/require.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::mqtt {

namespace {

using test::require;

/// CONNECT carries its own version; the others are encoded for the connection's.
struct Encoder {
  std::string& out;
  Version version;
  void operator()(const Connect& p) const { encode(out, p); }
  void operator()(const Auth& p) const { encode(out, p); }
  void operator()(Pingreq p) const { encode(out, p); }
  void operator()(Pingresp p) const { encode(out, p); }
  template <class Other>
  void operator()(const Other& p) const {
    encode(out, version, p);
  }
};

/// What decodes must survive being encoded: the second decoding has no fault and encodes to the same bytes.
void check_round_trip(const Packet& packet, Version version) {
  std::string once;
  std::visit(Encoder{once, version}, packet);
  Frame frame;
  require(next_frame(once, frame) == Framing::complete && frame.size == once.size());
  Packet again;
  require(!decode(frame, version, again));
  require(again.index() == packet.index());
  std::string twice;
  std::visit(Encoder{twice, version}, again);
  require(once == twice);
}

void check_codec(std::string_view bytes, Version version) {
  Frame frame;
  while (next_frame(bytes, frame) == Framing::complete) {
    require(frame.size >= 2 && frame.size <= bytes.size());
    Packet packet;
    if (!decode(frame, version, packet)) check_round_trip(packet, version);
    bytes.remove_prefix(frame.size);
  }
}

/// A session whose broker is the fuzzer.
class Driven {
 public:
  Driven(std::uint8_t choices) : choices_(choices), session_(options(), "fuzz", clock_) {}

  void run(std::string_view bytes) {
    const Version version = (choices_ & 1u) != 0 ? Version::v3_1_1 : Version::v5;
    connect(version);
    const std::size_t chunk = (choices_ & 2u) != 0 ? 7 : bytes.size() + 1;
    while (!bytes.empty()) {
      buffer_ += bytes.substr(0, chunk);
      bytes.remove_prefix(std::min(chunk, bytes.size()));
      take();
      if (session_.ended() || (choices_ & 4u && bytes.size() % 5 == 0)) connect(version);
    }
    commit();
    take();
    session_.say_goodbye();
    check_output();
  }

 private:
  static const SourceOptions& options() {
    static const SourceOptions made = [] {
      SourceOptions o;
      o.subscribe = {{"#", 2}};
      o.receive_maximum = 20;
      o.topic_alias_maximum = 4;
      return o;
    }();
    return made;
  }

  void connect(Version version) {
    session_.disconnected();
    buffer_.clear();
    session_.connected(version);
    std::string begin;
    encode(begin, version, Connack{(choices_ & 8u) != 0, Reason::success, {}});
    buffer_ = begin;
  }

  void take() {
    for (;;) {
      const std::size_t done = session_.receive(buffer_);
      require(done <= buffer_.size());
      buffer_.erase(0, done);
      std::size_t taken = 0;
      while (auto submission = session_.take_submission()) {
        waiting_.push_back(submission->first);
        ++taken;
      }
      clock_.advance(milliseconds{900});
      session_.tick();
      if ((choices_ & 16u) != 0) commit();
      check_output();
      if (done == 0 && taken == 0) break;
    }
  }

  void commit() {
    if ((choices_ & 32u) != 0) return;  // receipts never come
    const Admission admission = (choices_ & 64u) != 0 ? Admission::refused_full : Admission::durable;
    for (const Ticket ticket : std::exchange(waiting_, {})) session_.settle(ticket, admission);
    require(session_.unreceipted() == 0 && session_.unreceipted_bytes() == 0);
  }

  /// What leaves is well formed, and acknowledges nothing while no receipt has come.
  void check_output() {
    std::string out;
    if (!session_.take_output(out)) return;
    std::string_view rest = out;
    Frame frame;
    while (!rest.empty()) {
      require(next_frame(rest, frame) == Framing::complete);
      Packet packet;
      require(!decode(frame, session_.version(), packet));
      const auto* ack = std::get_if<Ack>(&packet);
      const bool of_message = ack != nullptr && ack->type != PacketType::pubcomp;
      const bool refusal = session_.version() == Version::v3_1_1 || (of_message && is_refusal(ack->reason));
      require(!of_message || refusal || (choices_ & 32u) == 0);
      rest.remove_prefix(frame.size);
    }
  }

  const std::uint8_t choices_;
  tidegate::testing::VirtualClock clock_;
  Session session_;
  std::string buffer_;
  std::vector<Ticket> waiting_;
};

}  // namespace

void receive_any_bytes(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choices = static_cast<std::uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  check_codec(bytes, Version::v5);
  check_codec(bytes, Version::v3_1_1);
  Driven(choices).run(bytes);
}

}  // namespace tidegate::mqtt
