#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connectors/auth/aws_options.h"
#include "connectors/http/connection.h"
#include "gateway/config/option_table.h"

namespace tidegate::aws {

/// What every AWS sink has beside its own: where the service is, and who the gateway is to it.
struct AwsOptions : http::ConnectionOptions {
  std::string region;
  std::string endpoint;  ///< empty: the region's
  auth::AwsCredentialOptions credentials;
};

/// Adds the options of AwsOptions to the table of a struct that derives from it, after those of the service.
template <class S>
OptionTableOf<S>& add_aws(OptionTableOf<S>& table) {
  table
      .required("region", static_cast<std::string S::*>(&S::region),
                "Such as eu-central-1; signatures are valid there.")
      .option("endpoint", static_cast<std::string S::*>(&S::endpoint),
              "In place of the region's public address: a private link (https://vpce-...), or a test server.")
      .section("credentials", static_cast<auth::AwsCredentialOptions S::*>(&S::credentials),
               auth::aws_credentials_table(), "Where the AWS keys come from.");
  return http::add_connection(table);
}

/// What is wrong with region and endpoint; nullopt: nothing.
std::optional<OptionFault> aws_fault(const AwsOptions& options);
/// As aws_fault(), where a name of the service, such as an ARN or the URL of a queue, says a region of its own. Empty:
/// it says none.
std::optional<OptionFault> region_fault(const AwsOptions& options, std::string_view option, std::string_view said);

/// The fourth part of an ARN, "arn:aws:sns:eu-central-1:123456789012:orders"; empty when the text is none.
std::string_view region_of_arn(std::string_view text) noexcept;

/// Where requests to the service go: `endpoint` without a slash at its end, or the region's,
/// "https://sqs.eu-central-1.amazonaws.com". `service` as endpoints name it: "sqs", "events".
std::string endpoint_of(const AwsOptions& options, std::string_view service);

}  // namespace tidegate::aws
