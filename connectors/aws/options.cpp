#include "connectors/aws/options.h"

#include <fmt/format.h>

namespace tidegate::aws {
std::optional<OptionFault> aws_fault(const AwsOptions& options) {
  if (!auth::is_aws_region(options.region))
    return OptionFault{"region", "is not the name of a region, such as eu-central-1"};
  if (options.endpoint.empty()) return std::nullopt;
  if (auto fault = http::url_fault(options.endpoint)) return OptionFault{"endpoint", *std::move(fault)};
  if (options.endpoint.find_first_of("?#") != std::string::npos) {
    return OptionFault{"endpoint",
                       "must not hold a query; write it like https://vpce-1a2b.sqs.eu-central-1.vpce.amazonaws.com"};
  }
  return std::nullopt;
}

std::optional<OptionFault> region_fault(const AwsOptions& options, std::string_view option, std::string_view said) {
  if (auto fault = aws_fault(options)) return fault;
  if (said.empty() || said == options.region) return std::nullopt;
  return OptionFault{std::string(option),
                     fmt::format("is in {}, but region says {}; make them the same", said, options.region)};
}

std::string_view region_of_arn(std::string_view text) noexcept {
  if (!text.starts_with("arn:")) return {};
  for (int i = 0; i < 3; ++i) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    text.remove_prefix(colon + 1);
  }
  return text.substr(0, text.find(':'));
}

std::string endpoint_of(const AwsOptions& options, std::string_view service) {
  if (options.endpoint.empty()) return auth::aws_endpoint(service, options.region);
  std::string_view given = options.endpoint;
  while (given.ends_with('/')) given.remove_suffix(1);
  return std::string(given);
}

}  // namespace tidegate::aws
