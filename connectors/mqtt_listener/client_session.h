#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/event/event.h"
#include "gateway/intake/intake.h"

namespace tidegate::mqtt_listener {

/// A message at QoS 2 between its PUBLISH and its PUBCOMP.
struct OpenMessage {
  enum class State : std::uint8_t { waiting, stored, releasing };
  std::uint64_t hash = 0;     ///< of topic and payload
  std::uint64_t seen_on = 0;  ///< the connection where its PUBLISH was last seen
  std::uint64_t ticket = 0;   ///< waiting, releasing: of the submission that it is in
  State state = State::waiting;
};

/// An event that a client left behind for the case that it vanishes.
struct LastWill {
  /// `room` counts the bytes of all wills in memory. Shared: a will may outlive the listener's other parts.
  LastWill(Event what, std::chrono::seconds after, std::size_t size, std::shared_ptr<std::size_t> room)
      : event(std::move(what)), delay(after), bytes(size), room_(std::move(room)) {
    *room_ += bytes;
  }
  ~LastWill() { *room_ -= bytes; }
  LastWill(const LastWill&) = delete;
  LastWill& operator=(const LastWill&) = delete;

  Event event;
  std::chrono::seconds delay;
  const std::size_t bytes;

 private:
  std::shared_ptr<std::size_t> room_;
};

/// What is remembered of a client id, across connections and, when it is kept on disk, across restarts.
/// Shared by the book and the connections that use it: receipts of an old connection may come after a new one has
/// begun with a fresh session.
struct ClientSession {
  std::string client_id;
  std::uint64_t number = 0;      ///< names it on disk; 0: it is not there and ends with its connection
  std::uint64_t connection = 0;  ///< that uses it now; 0: none
  std::chrono::seconds expiry{0};
  SteadyTime gone_at{};  ///< when its last connection ended
  std::unordered_map<std::uint16_t, OpenMessage> open;
  std::unique_ptr<LastWill> will;  ///< waits for its delay
};

/// The sessions of all clients.
///
/// On disk, as source state: `s<client id>` -> number, expiry in seconds and the time the client left (0: connected);
/// `q<number><packet id>` -> the hash of a message at QoS 2 that is stored and not released.
///
/// Pure. *Threads*: one user at a time.
class SessionBook {
 public:
  explicit SessionBook(std::size_t kept_max) : kept_max_(kept_max) {}

  /// Takes over what an earlier run stored. A session that was connected then expires as if its client left now.
  void restore(const std::vector<std::pair<std::string, std::string>>& state, WallTime wall, SteadyTime now);

  /// The session of this client id, if there is one.
  [[nodiscard]] std::shared_ptr<ClientSession> find(const std::string& client_id) const;

  struct Begun {
    std::shared_ptr<ClientSession> session;  ///< null: there are too many kept sessions
    bool present = false;                    ///< it was there before
    std::optional<Event> will;               ///< of the session that this ended
  };
  /// A connection begins: with the session that is there, or with a new one when there is none, it has expired, or
  /// `clean`. What changes on disk is added to `changes`. The session's connection, if any, has ended before.
  Begun begin(const std::string& client_id, bool clean, std::chrono::seconds expiry, std::uint64_t connection,
              SteadyTime now, std::vector<SourceStateChange>& changes);
  /// The connection that used the session ended. A session that is not to be kept is gone after this.
  void end(const std::shared_ptr<ClientSession>& session, WallTime wall, SteadyTime now,
           std::vector<SourceStateChange>& changes);
  /// Removes the sessions whose time is up, and gives back the wills that are due, theirs included.
  std::vector<Event> expire(SteadyTime now, std::vector<SourceStateChange>& changes);
  /// When expire() has something to do; it may also be called early.
  [[nodiscard]] SteadyTime next_expiry() const noexcept { return next_expiry_; }
  /// The wills that wait for their delay, which are then gone.
  std::vector<Event> take_wills();

  [[nodiscard]] std::size_t kept() const noexcept { return kept_; }
  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
  /// Room for another open message, of all sessions together.
  [[nodiscard]] bool has_room() const noexcept;
  void opened() noexcept { ++open_; }
  void closed() noexcept { --open_; }

  static SourceStateChange message_stored(const ClientSession& session, std::uint16_t packet_id, std::uint64_t hash);
  static SourceStateChange message_released(const ClientSession& session, std::uint16_t packet_id);

 private:
  using Map = std::unordered_map<std::string, std::shared_ptr<ClientSession>>;
  Map::iterator remove(Map::iterator at, std::vector<SourceStateChange>& changes);
  void watch(const ClientSession& session) noexcept;

  const std::size_t kept_max_;
  Map sessions_;
  std::uint64_t next_number_ = 1;
  std::size_t kept_ = 0;  ///< on disk
  std::size_t open_ = 0;
  SteadyTime next_expiry_ = SteadyTime::max();
};

}  // namespace tidegate::mqtt_listener
