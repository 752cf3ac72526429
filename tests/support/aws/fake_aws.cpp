#include "tests/support/aws/fake_aws.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/event/json_text.h"

namespace tidegate::testing {
namespace {

using nlohmann::json;

Answer answer_of(unsigned status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

Answer refused(const char* code) { return answer_of(400, json{{"__type", code}, {"message", "scripted"}}.dump()); }

std::string decoded(std::string_view form_value) {
  std::string plain;
  for (std::size_t i = 0; i < form_value.size(); ++i) {
    if (form_value[i] != '%') {
      plain += form_value[i];
      continue;
    }
    plain += static_cast<char>(std::stoi(std::string(form_value.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return plain;
}

std::string bytes_of(const json& base64) {
  std::string bytes;
  append_from_base64(base64.get<std::string>(), bytes);
  return bytes;
}

}  // namespace

FakeAws::FakeAws() {
  ReceiverOptions options;
  options.respond = [this](const ReceivedRequest& request) { return respond(request); };
  auto started = Receiver::start(std::move(options));
  EXPECT_TRUE(started) << started.error().message;
  receiver_ = *std::move(started);
}

FakeAws::~FakeAws() { receiver_->stop(); }

std::vector<std::string> FakeAws::arrived() const {
  const MutexLock lock(mutex_);
  return arrived_;
}

void FakeAws::script(std::vector<Answer> answers) {
  const MutexLock lock(mutex_);
  scripted_ = std::move(answers);
}

Answer FakeAws::respond(const ReceivedRequest& request) {
  const MutexLock lock(mutex_);
  if (!scripted_.empty()) {
    Answer answer = scripted_.front();
    scripted_.erase(scripted_.begin());
    return answer;
  }
  const auto target = request.headers.find("x-amz-target");
  if (target != request.headers.end()) return take_json(target->second, request.body);
  return request.target.starts_with("/2015-03-31/functions/") ? invoke(request) : publish(request.body);
}

Answer FakeAws::take_json(const std::string& target, const std::string& body) {
  const json request = json::parse(body, nullptr, false);
  if (request.is_discarded()) return refused("SerializationException");
  json answer;
  if (target == "AmazonSQS.SendMessageBatch") {
    if (request["Entries"].empty()) return refused("com.amazonaws.sqs#EmptyBatchRequest");
    for (const json& entry : request["Entries"]) {
      take(entry["MessageBody"]);
      answer["Successful"].push_back({{"Id", entry["Id"]}, {"MessageId", "m"}});
    }
  } else if (target == "AWSEvents.PutEvents") {
    int failed = 0;
    for (const json& entry : request["Entries"]) {
      const bool whole = json::accept(entry["Detail"].get<std::string>());
      if (whole) take(entry["Detail"]);
      failed += whole ? 0 : 1;
      answer["Entries"].push_back(whole ? json{{"EventId", "e"}} : json{{"ErrorCode", "MalformedDetail"}});
    }
    answer["FailedEntryCount"] = failed;
  } else if (target == "Kinesis_20131202.PutRecords") {
    for (const json& record : request["Records"]) {
      if (record.contains("ExplicitHashKey")) return refused("InvalidArgumentException");
      take(bytes_of(record["Data"]));
      answer["Records"].push_back({{"SequenceNumber", "1"}, {"ShardId", "shardId-000000000000"}});
    }
  } else if (target == "Firehose_20150804.PutRecordBatch") {
    if (request["Records"].empty()) return refused("ValidationException");
    for (const json& record : request["Records"]) {
      take(bytes_of(record["Data"]));
      answer["RequestResponses"].push_back({{"RecordId", "r"}});
    }
  } else {
    return refused("UnknownOperationException");
  }
  return answer_of(200, answer.dump());
}

Answer FakeAws::publish(const std::string& form) {
  std::string successful;
  for (int entry = 1;; ++entry) {
    const std::string name = "&PublishBatchRequestEntries.member." + std::to_string(entry) + ".Message=";
    const std::size_t at = form.find(name);
    if (at == std::string::npos) break;
    const std::size_t begin = at + name.size();
    take(decoded(std::string_view(form).substr(begin, form.find('&', begin) - begin)));
    successful += "<member><MessageId>m</MessageId><Id>" + std::to_string(entry - 1) + "</Id></member>";
  }
  if (successful.empty()) {
    return answer_of(400,
                     "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>"
                     "<Code>EmptyBatchRequest</Code><Message>scripted</Message></Error></ErrorResponse>");
  }
  return answer_of(200,
                   "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult>"
                   "<Failed/><Successful>" +
                       successful + "</Successful></PublishBatchResult></PublishBatchResponse>");
}

Answer FakeAws::invoke(const ReceivedRequest& request) {
  const std::string& kind = request.headers.at("x-amz-invocation-type");
  if (kind == "DryRun") return answer_of(204, "");
  take(request.body);
  return kind == "Event" ? answer_of(202, "") : answer_of(200, "null");
}

void FakeAws::take(const std::string& cloud_event) {
  const json event = json::parse(cloud_event, nullptr, false);
  for (const json& one : event.is_array() ? event : json::array({event})) {
    arrived_.push_back(one.is_object() ? one.value("id", "") : "");
  }
}

}  // namespace tidegate::testing
