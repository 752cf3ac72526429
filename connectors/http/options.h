#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "connectors/auth/options.h"
#include "connectors/compression/compressor.h"
#include "connectors/http/body.h"
#include "connectors/http/connection.h"
#include "gateway/config/option_table.h"

namespace tidegate::http {

enum class Method : std::uint8_t { post, put, patch };
/// The options of one HTTP sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions : ConnectionOptions {
  std::string url;
  Method method = Method::post;
  std::map<std::string, std::string> headers;
  Format format = Format::cloudevents;
  Compression compression = Compression::none;
  auth::AuthOptions auth;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::http
