#include "connectors/aws_eventbridge/options.h"

#include "connectors/aws_eventbridge/limits.h"

namespace tidegate::aws_eventbridge {
namespace {

std::optional<OptionFault> fault_of(const SinkOptions& options) {
  if (options.bus.empty() || options.bus.size() > limits::kEventBridgeBusBytesMax) {
    return OptionFault{"bus", "is not the name or the ARN of a bus"};
  }
  if (options.source.written().starts_with("aws.")) {
    return OptionFault{"source", "must not begin with \"aws.\", which is for the services of AWS"};
  }
  return aws::region_fault(options, "bus", aws::region_of_arn(options.bus));
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    OptionTableOf<SinkOptions> made("Puts events on a bus of Amazon EventBridge.");
    made.option("bus", &SinkOptions::bus, "Its name, or its ARN when it is another account's.")
        .tree("source", &SinkOptions::source, fields::text_from, fields::kTextSyntax, "What rules see as source.")
        .tree("detail_type", &SinkOptions::detail_type, fields::text_from, fields::kTextSyntax,
              "What rules see as detail-type; at most 128 bytes.")
        .choice(
            "format", &SinkOptions::format,
            {{"cloudevents", aws::Format::cloudevents,
              "One CloudEvent 1.0 in JSON: rules see the payload as detail.data."},
             {"raw", aws::Format::raw, "The payload, which must be a JSON object. The event's id does not travel."}},
            "What rules see as detail.")
        .tree("resources", &SinkOptions::resources, fields::text_list_from, fields::kTextListSyntax,
              "What the event is about, such as ARNs; one that is nothing is left out.")
        .tree("trace_header", &SinkOptions::trace_header, fields::text_from, fields::kTextSyntax,
              "The X-Ray trace that the event belongs to, such as ${attributes.traceid?}.");
    aws::add_aws(made).check(fault_of);
    return made;
  }();
  return table;
}

}  // namespace tidegate::aws_eventbridge
