#include "connectors/aws/sink.h"
#include "connectors/aws_s3/aws_s3.h"
#include "connectors/aws_s3/limits.h"
#include "connectors/aws_s3/service.h"
#include "gateway/delivery/options.h"

namespace tidegate {

Result<std::unique_ptr<Sink>> make_aws_s3_sink(const ConnectorContext& context, const std::any& any_options) {
  const auto& options = std::any_cast<const aws_s3::SinkOptions&>(any_options);
  auto writer = aws_s3::ObjectWriter::create(options, context.route, context.name);
  if (!writer) return std::move(writer).error();
  return aws::make_sink(context, options, "s3", std::make_unique<aws_s3::S3Service>(options, *std::move(writer)));
}

void aws_s3_delivery_defaults(DeliveryOptions& delivery) {
  namespace limits = aws_s3::limits;
  delivery.batch.max_events = limits::kDefaultEvents;
  delivery.batch.max_bytes = limits::kDefaultBytes;
  delivery.batch.max_wait = limits::kDefaultWait;
  delivery.in_flight = limits::kDefaultInFlight;
}

}  // namespace tidegate
