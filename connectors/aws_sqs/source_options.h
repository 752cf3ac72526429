#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/aws/options.h"
#include "connectors/aws_sqs/options.h"
#include "connectors/net/deduplicate.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws_sqs {

/// What a message's body is.
enum class BodyFormat : std::uint8_t { automatic, cloudevents, raw };

/// What was stored and not deleted comes again once the gateway is back: a site may be without power for a day.
struct RepeatsOptions : DeduplicateOptions {
  RepeatsOptions() { window = std::chrono::hours{24}; }
};

/// The options of one SQS source. Initialisers are the defaults.
struct SourceOptions : aws::AwsOptions {
  std::string queue_url;
  BodyFormat format = BodyFormat::automatic;
  bool unwrap_sns = false;
  std::string topic;         ///< may hold {group}; empty: default_topic()
  std::string content_type;  ///< empty: by what the body is
  std::vector<std::string> attributes{"All"};
  std::chrono::seconds wait_time = limits::kSqsWaitMax;
  std::uint32_t max_messages = limits::kSqsBatchEventsMax;
  std::uint32_t receivers = 4;
  std::chrono::seconds visibility_timeout{30};
  RepeatsOptions deduplicate;
};

const OptionTableOf<SourceOptions>& source_table();

/// "sqs/<source name>", and of a FIFO queue "sqs/<source name>/{group}".
std::string default_topic(const SourceOptions& options, std::string_view source);
/// The topic with the message group in place of {group}.
std::string topic_of(std::string_view topic, std::string_view group);
/// The topic as a filter that matches whatever the group is.
std::string filter_of(std::string_view topic);

}  // namespace tidegate::aws_sqs
