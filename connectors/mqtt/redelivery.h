#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/mqtt/codec.h"
#include "gateway/intake/intake.h"

namespace tidegate::mqtt {

/// Names a submission within one source; grows by one.
using Ticket = std::uint64_t;

/// What became of a PUBLISH, or of a PUBREL.
enum class Arrival : std::uint8_t {
  fresh,    ///< to be stored; acknowledged by its receipt
  waiting,  ///< seen before; its receipt is still to come and will acknowledge it
  known,    ///< seen before and on disk (PUBREL: nothing is open): acknowledge now
};

/// Tells messages from redeliveries, across reconnects and crashes, and says which acknowledgements are due.
///
/// What it must remember travels in the submissions that hold the events, as source state:
/// - `q2/<packet id>` -> content hash: a QoS 2 message that is stored and not yet released;
/// - `q1/<slot>` -> an order number, then (packet id, content hash) of the QoS 1 messages of one submission. A slot is
///   used again once the broker has shown that it processed every acknowledgement of its record.
///
/// The broker shows that it processed an acknowledgement, and all before it, when it answers a PINGREQ that we sent
/// after it, or uses its packet id again. That it has sent more than the receive maximum would show it too (MQTT 5,
/// section 4.9), had mosquitto 2.0.11 not been seen with up to four times as many messages open as it was allowed.
/// Where a broker does not keep the order of what it receives, a redelivery is stored twice, never lost.
///
/// Pure: no clock, no socket. *Threads*: one user at a time.
class Redelivery {
 public:
  /// Takes over what an earlier run stored. Before the first connection.
  void restore(const std::vector<std::pair<std::string, std::string>>& state);

  /// A connection was accepted. Without a session at the broker packet ids mean nothing: everything remembered is
  /// forgotten, in `changes` too.
  void connected(bool session_present, std::vector<SourceStateChange>& changes);

  /// A PUBLISH at QoS 1 or 2 arrived. After `fresh` its event is in the submission being filled.
  Arrival publish(std::uint8_t qos, std::uint16_t packet_id, std::uint64_t hash, bool dup);
  /// A PUBREL arrived. After `fresh` the release is in the submission being filled.
  Arrival release(std::uint16_t packet_id);
  /// The PUBACK of a message that publish() called `known` leaves now.
  void acknowledged(std::uint16_t packet_id);

  /// Something waits to be put into a submission.
  [[nodiscard]] bool filling() const noexcept { return !filling_.items.empty(); }
  /// Closes the submission being filled and adds the state that goes with it. Tickets start at 0 and grow by one.
  Ticket seal(std::vector<SourceStateChange>& changes);

  /// The receipt of a submission. Adds the acknowledgements that are due on the present connection.
  void settle(Ticket ticket, Admission admission, std::vector<Ack>& due);

  /// PUBACKs sent on this connection, and those the broker has not shown to have processed.
  [[nodiscard]] std::uint64_t acks_sent() const noexcept { return acks_sent_; }
  [[nodiscard]] std::size_t acks_unproven() const noexcept { return unproven_.size(); }
  /// The broker answered a PINGREQ sent after `acks` PUBACKs of this connection.
  void ping_answered(std::uint64_t acks);
  /// True when stored state has become stale and is worth a submission of its own.
  [[nodiscard]] bool has_stale_state() const noexcept { return !stale_slots_.empty(); }

 private:
  enum class State : std::uint8_t { free, waiting, stored, acked, releasing };
  static constexpr std::uint32_t kNoSlot = UINT32_MAX;

  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t number = 0;       ///< waiting, releasing: the ticket; acked: which acknowledgement of the connection
    std::uint32_t connection = 0;   ///< where its PUBLISH was last seen
    std::uint32_t slot = kNoSlot;   ///< QoS 1: its record
    std::uint32_t released_on = 0;  ///< where its PUBREL was last seen
    State state = State::free;
    std::uint8_t qos = 0;
  };
  struct Item {
    std::uint16_t packet_id = 0;
    bool is_release = false;
  };
  /// A submission that waits for its receipt, or (the last) is being filled.
  struct Batch {
    std::vector<Item> items;
    std::uint32_t slot = kNoSlot;
    bool has_publish = false;
    bool settled = false;
  };

  Entry& entry(std::uint16_t packet_id);
  Entry* find(std::uint16_t packet_id) noexcept;
  void forget(Entry& e);
  void forget_older_connections();
  void prove(std::uint64_t acks);
  void submit_release(std::uint16_t packet_id, Entry& e);
  void settle_publish(Ticket ticket, std::uint16_t packet_id, Admission admission, std::vector<Ack>& due);
  void settle_release(Ticket ticket, const Batch& batch, std::uint16_t packet_id, Admission admission,
                      std::vector<Ack>& due);
  void forget_everything(std::vector<SourceStateChange>& changes);
  void restore_record(std::uint32_t slot, std::string_view entries);
  void seal_record(std::vector<SourceStateChange>& changes);

  // Brokers use packet ids in runs, so the table is kept in pages that exist only where an id is remembered.
  static constexpr std::size_t kPageEntries = 256;
  struct Page {
    std::array<Entry, kPageEntries> entries;
  };
  std::array<std::unique_ptr<Page>, 65536 / kPageEntries> pages_;

  Batch filling_;
  Ticket next_ticket_ = 0;                ///< of the submission being filled
  std::deque<Batch> sealed_;              ///< their tickets end before next_ticket_
  std::vector<std::vector<Item>> spare_;  ///< of settled batches, for their memory
  std::vector<std::uint16_t> stale_q2_;   ///< `q2` keys that no longer hold

  std::uint64_t next_order_ = 0;             ///< of the records, across runs
  std::vector<std::uint32_t> slot_entries_;  ///< how many entries each slot's record still stands for
  std::vector<std::uint32_t> stale_slots_;   ///< on disk and meaning nothing
  std::vector<std::uint32_t> free_slots_;    ///< not on disk

  std::uint32_t connection_ = 1;  ///< 0 is "before this run"
  std::uint64_t acks_sent_ = 0;
  std::deque<std::uint16_t> unproven_;  ///< packet ids of the latest PUBACKs, up to number acks_sent_
  bool older_left_ = false;             ///< entries of older connections may be there
};

}  // namespace tidegate::mqtt
