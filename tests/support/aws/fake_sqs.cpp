#include "tests/support/aws/fake_sqs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace tidegate::testing {
namespace {

using nlohmann::json;

/// How long an empty queue keeps a receive: a poll as long as real ones would only make tests long.
constexpr milliseconds kPoll{10};

Answer answer_of(const json& body) {
  Answer answer;
  answer.headers.emplace_back("Content-Type", "application/x-amz-json-1.0");
  answer.body = body.dump();
  return answer;
}

}  // namespace

Answer sqs_error(unsigned status, std::string_view code) {
  Answer answer = answer_of({{"__type", fmt::format("com.amazonaws.sqs#{}", code)}, {"message", "scripted"}});
  answer.status = status;
  return answer;
}

FakeSqs::FakeSqs(bool fifo) : fifo_(fifo) { listen(0); }

FakeSqs::~FakeSqs() { receiver_->stop(); }

void FakeSqs::listen(std::uint16_t port) {
  ReceiverOptions options;
  options.port = port;
  options.respond = [this](const ReceivedRequest& request) { return respond(request); };
  auto started = Receiver::start(std::move(options));
  if (!started) throw std::runtime_error("FakeSqs: " + started.error().message);
  receiver_ = *std::move(started);
}

void FakeSqs::interrupt() {
  const std::uint16_t port = receiver_->port();
  receiver_->stop();
  listen(port);
}

std::string FakeSqs::url() const { return receiver_->url(""); }
std::string FakeSqs::queue_url() const {
  return fmt::format("https://sqs.eu-central-1.amazonaws.com/123456789012/commands{}", fifo_ ? ".fifo" : "");
}

std::string FakeSqs::put(std::string body, std::string group, json attributes) {
  const MutexLock lock(mutex_);
  Item& item = items_.emplace_back();
  item.id = fmt::format("message-{}", ++last_id_);
  item.body = std::move(body);
  item.group = std::move(group);
  item.attributes = std::move(attributes);
  return item.id;
}

void FakeSqs::pass(std::chrono::seconds time) {
  const MutexLock lock(mutex_);
  now_ += time;
  bury();
}

void FakeSqs::redrive_after(int receives) {
  const MutexLock lock(mutex_);
  receives_max_ = receives;
}

std::vector<std::string> FakeSqs::deleted() const {
  const MutexLock lock(mutex_);
  return deleted_;
}
std::size_t FakeSqs::dead() const {
  const MutexLock lock(mutex_);
  return dead_;
}
std::size_t FakeSqs::given_out() const {
  const MutexLock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(items_, [now = now_](const Item& item) { return is_out(item, now); }));
}
std::vector<json> FakeSqs::requests(std::string_view action) const {
  const MutexLock lock(mutex_);
  std::vector<json> bodies;
  for (const auto& [name, body] : requests_) {
    if (name == action) bodies.push_back(body);
  }
  return bodies;
}

void FakeSqs::script(const std::string& action, std::vector<Answer> answers) {
  const MutexLock lock(mutex_);
  scripted_[action] = std::move(answers);
}
void FakeSqs::answer_all(std::optional<Answer> answer) {
  const MutexLock lock(mutex_);
  for_all_ = std::move(answer);
}

Answer FakeSqs::respond(const ReceivedRequest& request) {
  const MutexLock lock(mutex_);
  const std::string& target = request.headers.at("x-amz-target");
  const std::string action = target.substr(target.find('.') + 1);
  const json body = json::parse(request.body);
  requests_.emplace_back(action, body);
  if (for_all_) return *for_all_;
  if (auto& scripted = scripted_[action]; !scripted.empty()) {
    Answer answer = scripted.front();
    scripted.erase(scripted.begin());
    return answer;
  }
  if (body["QueueUrl"] != queue_url()) return sqs_error(400, "QueueDoesNotExist");
  if (action == "ReceiveMessage") return receive(body);
  if (action == "DeleteMessageBatch" || action == "ChangeMessageVisibilityBatch")
    return change(body, action == "DeleteMessageBatch");
  return sqs_error(400, "InvalidAction");
}

bool FakeSqs::is_out(const Item& item, std::chrono::seconds now) {
  return !item.handle.empty() && item.visible_at > now;
}

/// Moves to the dead letter queue what was given out often enough.
void FakeSqs::bury() {
  if (receives_max_ == 0) return;
  dead_ += std::erase_if(items_, [max = receives_max_, now = now_](const Item& item) {
    return item.receives >= max && !is_out(item, now);
  });
}

json FakeSqs::give_out(Item& item) {
  json message = {
      {"MessageId", item.id},
      {"ReceiptHandle", item.handle},
      {"Body", item.body},
      {"Attributes", {{"SentTimestamp", "1760000000250"}, {"ApproximateReceiveCount", std::to_string(item.receives)}}}};
  if (fifo_) {
    message["Attributes"]["MessageGroupId"] = item.group;
    message["Attributes"]["SequenceNumber"] = item.id;
  }
  if (!item.attributes.is_null()) message["MessageAttributes"] = item.attributes;
  return message;
}

Answer FakeSqs::receive(const json& request) {
  if (request["MaxNumberOfMessages"] == 0) return sqs_error(400, "InvalidParameterValue");
  json given = json::array();
  const std::string attempt = request.value("ReceiveRequestAttemptId", "");
  for (Item& item : items_) {
    const auto& handles = attempts_[attempt];
    if (!attempt.empty() && is_out(item, now_) && std::ranges::count(handles, item.handle) > 0)
      given.push_back(give_out(item));
  }
  std::set<std::string> closed;
  if (given.empty()) {
    if (fifo_) {
      for (const Item& item : items_) {
        if (is_out(item, now_)) closed.insert(item.group);
      }
    }
    for (Item& item : items_) {
      if (given.size() == request["MaxNumberOfMessages"]) break;
      if (is_out(item, now_) || closed.contains(item.group)) continue;
      item.handle = fmt::format("handle-{}", ++last_handle_);
      item.visible_at = now_ + std::chrono::seconds{request["VisibilityTimeout"].get<int>()};
      ++item.receives;
      attempts_[attempt].push_back(item.handle);
      given.push_back(give_out(item));
    }
  }
  if (!given.empty()) return answer_of({{"Messages", given}});
  Answer empty = answer_of(json::object());
  if (request["WaitTimeSeconds"] != 0) empty.delay = kPoll;
  return empty;
}

Answer FakeSqs::change(const json& request, bool removes) {
  if (request["Entries"].empty()) return sqs_error(400, "EmptyBatchRequest");
  json done = json::array(), refused = json::array();
  for (const json& entry : request["Entries"]) {
    const auto item = std::ranges::find(items_, entry["ReceiptHandle"].get<std::string>(), &Item::handle);
    if (item == items_.end()) {
      refused.push_back({{"Id", entry["Id"]}, {"Code", "ReceiptHandleIsInvalid"}, {"SenderFault", true}});
      continue;
    }
    done.push_back({{"Id", entry["Id"]}});
    if (removes) {
      deleted_.push_back(item->body);
      items_.erase(item);
    } else {
      item->visible_at = now_ + std::chrono::seconds{entry["VisibilityTimeout"].get<int>()};
    }
  }
  bury();
  return answer_of({{"Successful", done}, {"Failed", refused}});
}

}  // namespace tidegate::testing
