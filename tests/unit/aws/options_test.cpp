#include "connectors/aws/options.h"

#include <gmock/gmock.h>

#include "connectors/aws_eventbridge/options.h"
#include "connectors/aws_kinesis/options.h"
#include "connectors/aws_lambda/options.h"
#include "connectors/aws_sns/options.h"
#include "connectors/aws_sqs/options.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws {
namespace {

using ::testing::HasSubstr;

const std::string kQueue = "queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders\n";

TEST(AwsOptions, TheEndpointIsTheRegionsUnlessItIsGiven) {
  AwsOptions options;
  options.region = "eu-central-1";
  EXPECT_EQ(endpoint_of(options, "sqs"), "https://sqs.eu-central-1.amazonaws.com");
  options.region = "cn-north-1";
  EXPECT_EQ(endpoint_of(options, "events"), "https://events.cn-north-1.amazonaws.com.cn");
  options.endpoint = "http://127.0.0.1:4566/";
  EXPECT_EQ(endpoint_of(options, "events"), "http://127.0.0.1:4566");
}

TEST(AwsOptions, ARegionOfTheNameThatIsAnotherIsSaid) {
  EXPECT_EQ(fault_in(aws_sqs::sink_table(), kQueue + "region: eu-central-1"), "");
  EXPECT_THAT(fault_in(aws_sqs::sink_table(), kQueue + "region: us-east-1"),
              HasSubstr("is in eu-central-1, but region says us-east-1"));
  EXPECT_THAT(fault_in(aws_sns::sink_table(), "topic_arn: arn:aws:sns:eu-west-1:1:alarms\nregion: us-east-1"),
              HasSubstr("is in eu-west-1"));
  EXPECT_THAT(fault_in(aws_kinesis::sink_table(), "stream: arn:aws:kinesis:eu-west-1:1:stream/s\nregion: us-east-1"),
              HasSubstr("is in eu-west-1"));
  EXPECT_THAT(fault_in(aws_lambda::sink_table(), "function: arn:aws:lambda:eu-west-1:1:function:f\nregion: us-east-1"),
              HasSubstr("is in eu-west-1"));
  EXPECT_THAT(fault_in(aws_eventbridge::sink_table(), "bus: arn:aws:events:eu-west-1:1:event-bus/b\nregion: us-east-1"),
              HasSubstr("is in eu-west-1"));
}

TEST(AwsOptions, WhatCannotWorkIsRefused) {
  EXPECT_THAT(fault_in(aws_sqs::sink_table(), kQueue), HasSubstr("region"));
  EXPECT_THAT(fault_in(aws_sqs::sink_table(), kQueue + "region: Frankfurt!"), HasSubstr("name of a region"));
  EXPECT_THAT(fault_in(aws_sqs::sink_table(), "region: eu-central-1\nqueue_url: orders"), HasSubstr("queue_url"));
  EXPECT_THAT(fault_in(aws_sqs::sink_table(), kQueue + "region: eu-central-1\nendpoint: ftp://x"),
              HasSubstr("https://"));
  EXPECT_THAT(fault_in(aws_sqs::sink_table(), kQueue + "region: eu-central-1\nendpoint: https://x/?a=b"),
              HasSubstr("query"));
  EXPECT_THAT(fault_in(aws_sns::sink_table(), "region: eu-central-1\ntopic_arn: alarms"), HasSubstr("is no ARN"));
  EXPECT_THAT(fault_in(aws_eventbridge::sink_table(), "region: eu-central-1\nsource: aws.events"), HasSubstr("aws."));
  EXPECT_THAT(fault_in(aws_lambda::sink_table(), "region: eu-central-1\nfunction: a/b"), HasSubstr("function"));
  EXPECT_THAT(fault_in(aws_lambda::sink_table(), "region: eu-central-1\nfunction: f\non_function_error: retry"),
              HasSubstr("does not wait"));
}

TEST(AwsOptions, TheFourthPartOfAnArnIsTheRegion) {
  EXPECT_EQ(region_of_arn("arn:aws:sns:eu-central-1:123456789012:orders"), "eu-central-1");
  EXPECT_EQ(region_of_arn("arn:aws:sns"), "");
  EXPECT_EQ(region_of_arn("orders"), "");
}

}  // namespace
}  // namespace tidegate::aws
