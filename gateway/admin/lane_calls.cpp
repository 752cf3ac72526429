#include <nlohmann/json.hpp>

#include "gateway/admin/call.h"

namespace tidegate {

using nlohmann::json;

namespace {

/// What {"to": "ROUTE/SINK"} names.
Result<std::pair<std::string, std::string>> lane_that_adopts(const std::string& body) {
  const json document = json::parse(body, nullptr, false);
  if (document.is_object() && document.size() == 1 && document.contains("to") && document["to"].is_string()) {
    const auto name = document["to"].get<std::string>();
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos) return std::pair(name.substr(0, slash), name.substr(slash + 1));
  }
  return Error{ErrorCode::invalid, R"(the body must be {"to": "ROUTE/SINK"})"};
}

}  // namespace

AdminResponse resume_lane(const AdminCall& call) {
  const Status done = call.backend.resume_lane(call.names[0], call.names[1]);
  return done ? ok_response(dumped({{"resumed", call.names[0] + "/" + call.names[1]}})) : error_response(done.error());
}

AdminResponse drop_lane(const AdminCall& call) {
  const auto dropped = call.backend.drop_lane(call.names[0], call.names[1]);
  return dropped ? ok_response(dumped({{"dropped", *dropped}})) : error_response(dropped.error());
}

AdminResponse adopt_lane(const AdminCall& call) {
  const auto to = lane_that_adopts(call.request.body);
  if (!to) return error_response(to.error());
  const auto adopted = call.backend.adopt_lane(call.names[0], call.names[1], to->first, to->second);
  return adopted ? ok_response(dumped({{"adopted", *adopted}})) : error_response(adopted.error());
}

}  // namespace tidegate
