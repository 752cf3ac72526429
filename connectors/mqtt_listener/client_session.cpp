#include "connectors/mqtt_listener/client_session.h"

#include <algorithm>

#include "connectors/mqtt/wire.h"
#include "connectors/mqtt_listener/limits.h"

namespace tidegate::mqtt_listener {

namespace {

constexpr char kSessionPrefix = 's';
constexpr char kMessagePrefix = 'q';

void put_u64(std::string& out, std::uint64_t value) {
  mqtt::put_u32(out, static_cast<std::uint32_t>(value >> 32));
  mqtt::put_u32(out, static_cast<std::uint32_t>(value));
}

std::uint64_t read_u64(mqtt::Reader& reader) noexcept {
  const std::uint64_t high = reader.u32();
  return high << 32 | reader.u32();
}

std::string message_key(std::uint64_t number, std::uint16_t packet_id) {
  std::string key(1, kMessagePrefix);
  put_u64(key, number);
  mqtt::put_u16(key, packet_id);
  return key;
}

/// `gone_at` in ms since 1970; 0: the client is connected.
SourceStateChange session_row(const ClientSession& session, std::int64_t gone_at) {
  std::string value;
  put_u64(value, session.number);
  mqtt::put_u32(value, static_cast<std::uint32_t>(session.expiry.count()));
  put_u64(value, static_cast<std::uint64_t>(gone_at));
  return {kSessionPrefix + session.client_id, std::move(value), false};
}

SteadyTime expires_at(const ClientSession& session) noexcept { return session.gone_at + session.expiry; }

}  // namespace

void SessionBook::restore(const std::vector<std::pair<std::string, std::string>>& state, WallTime wall,
                          SteadyTime now) {
  std::unordered_map<std::uint64_t, ClientSession*> by_number;
  for (const auto& [key, value] : state) {
    if (key.empty() || key[0] != kSessionPrefix) continue;
    mqtt::Reader reader(value);
    auto session = std::make_shared<ClientSession>();
    session->client_id = key.substr(1);
    session->number = read_u64(reader);
    session->expiry = std::chrono::seconds{reader.u32()};
    const WallTime gone_at{milliseconds{static_cast<std::int64_t>(read_u64(reader))}};
    if (!reader.ok() || session->number == 0) continue;
    // The wall clock may have jumped: a session is never older than its own time, nor from the future.
    const bool known = gone_at != WallTime{} && gone_at < wall;
    session->gone_at = known ? now - std::min<milliseconds>(wall - gone_at, session->expiry) : now;
    next_number_ = std::max(next_number_, session->number + 1);
    by_number.emplace(session->number, session.get());
    ++kept_;
    watch(*session);
    sessions_.insert_or_assign(session->client_id, std::move(session));
  }
  for (const auto& [key, value] : state) {
    if (key.empty() || key[0] != kMessagePrefix) continue;
    mqtt::Reader name(std::string_view(key).substr(1));
    mqtt::Reader content(value);
    const auto found = by_number.find(read_u64(name));
    const std::uint16_t packet_id = name.u16();
    const std::uint64_t hash = read_u64(content);
    if (found == by_number.end() || !name.ok() || !content.ok()) continue;
    found->second->open[packet_id] = OpenMessage{hash, 0, 0, OpenMessage::State::stored};
    ++open_;
  }
}

std::shared_ptr<ClientSession> SessionBook::find(const std::string& client_id) const {
  const auto found = sessions_.find(client_id);
  return found == sessions_.end() ? nullptr : found->second;
}

bool SessionBook::has_room() const noexcept { return open_ < limits::kOpenMessagesMax; }

SessionBook::Map::iterator SessionBook::remove(Map::iterator at, std::vector<SourceStateChange>& changes) {
  ClientSession& session = *at->second;
  open_ -= session.open.size();
  if (session.number != 0) {
    --kept_;
    changes.push_back({kSessionPrefix + session.client_id, {}, true});
    for (const auto& [packet_id, message] : session.open) changes.push_back(message_released(session, packet_id));
  }
  session.open.clear();
  return sessions_.erase(at);
}

void SessionBook::watch(const ClientSession& session) noexcept {
  next_expiry_ = std::min(next_expiry_, expires_at(session));
  if (session.will) next_expiry_ = std::min(next_expiry_, session.gone_at + session.will->delay);
}

SessionBook::Begun SessionBook::begin(const std::string& client_id, bool clean, std::chrono::seconds expiry,
                                      std::uint64_t connection, SteadyTime now,
                                      std::vector<SourceStateChange>& changes) {
  Begun begun;
  auto found = sessions_.find(client_id);
  if (found != sessions_.end() && (clean || now >= expires_at(*found->second))) {
    if (found->second->will) begun.will = std::move(found->second->will->event);
    remove(found, changes);
    found = sessions_.end();
  }
  if (found != sessions_.end()) {
    ClientSession& session = *found->second;
    session.connection = connection;
    session.expiry = expiry;
    session.will.reset();
    changes.push_back(session_row(session, 0));
    begun.session = found->second;
    begun.present = true;
    return begun;
  }
  if (expiry.count() > 0 && kept_ >= kept_max_) return begun;
  auto session = std::make_shared<ClientSession>();
  session->client_id = client_id;
  session->connection = connection;
  session->expiry = expiry;
  if (expiry.count() > 0) {
    session->number = next_number_++;
    ++kept_;
    changes.push_back(session_row(*session, 0));
  }
  sessions_.emplace(client_id, session);
  begun.session = std::move(session);
  return begun;
}

void SessionBook::end(const std::shared_ptr<ClientSession>& session, WallTime wall, SteadyTime now,
                      std::vector<SourceStateChange>& changes) {
  session->connection = 0;
  session->gone_at = now;
  if (session->expiry.count() == 0) {
    const auto found = sessions_.find(session->client_id);
    if (found != sessions_.end() && found->second == session) remove(found, changes);
    return;
  }
  changes.push_back(session_row(*session, wall.time_since_epoch().count()));
  watch(*session);
}

std::vector<Event> SessionBook::expire(SteadyTime now, std::vector<SourceStateChange>& changes) {
  std::vector<Event> wills;
  next_expiry_ = SteadyTime::max();
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    ClientSession& session = *at->second;
    if (session.connection != 0) {
      ++at;
      continue;
    }
    const bool expired = now >= expires_at(session);
    if (session.will && (expired || now >= session.gone_at + session.will->delay)) {
      wills.push_back(std::move(session.will->event));
      session.will.reset();
    }
    if (expired) {
      at = remove(at, changes);
      continue;
    }
    watch(session);
    ++at;
  }
  return wills;
}

std::vector<Event> SessionBook::take_wills() {
  std::vector<Event> wills;
  for (auto& [client_id, session] : sessions_) {
    if (!session->will) continue;
    wills.push_back(std::move(session->will->event));
    session->will.reset();
  }
  return wills;
}

SourceStateChange SessionBook::message_stored(const ClientSession& session, std::uint16_t packet_id,
                                              std::uint64_t hash) {
  std::string value;
  put_u64(value, hash);
  return {message_key(session.number, packet_id), std::move(value), false};
}

SourceStateChange SessionBook::message_released(const ClientSession& session, std::uint16_t packet_id) {
  return {message_key(session.number, packet_id), {}, true};
}

}  // namespace tidegate::mqtt_listener
