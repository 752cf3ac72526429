#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/api.h"

/// What the calls of the admin API share; their functions are in *_calls.cpp, the list of them in api.cpp.
namespace tidegate {

/// A request, taken apart.
struct AdminCall {
  const AdminRequest& request;
  std::string_view path;
  std::map<std::string, std::string, std::less<>> query;
  std::vector<std::string> names;  ///< what stands in the path's places for a name
  AdminBackend& backend;
};

std::string dumped(const nlohmann::json& value);
AdminResponse ok_response(std::string body);
/// The status that says what kind of error it is.
AdminResponse error_response(const Error& error);
std::optional<std::uint64_t> parse_whole_number(std::string_view text);

AdminResponse get_dead(const AdminCall& call);
AdminResponse retry_dead(const AdminCall& call);
AdminResponse drop_dead(const AdminCall& call);

AdminResponse resume_lane(const AdminCall& call);
AdminResponse drop_lane(const AdminCall& call);
AdminResponse adopt_lane(const AdminCall& call);

AdminResponse list_replays(const AdminCall& call);
AdminResponse begin_replay(const AdminCall& call);
AdminResponse show_replay(const AdminCall& call);
AdminResponse cancel_replay(const AdminCall& call);

AdminResponse open_tap(const AdminCall& call);
/// One event a line, as JSON: the CloudEvent with one more member, "routes"; at the end, if events were missed,
/// {"missed": how many}.
AdminResponse poll_tap(const AdminCall& call);
AdminResponse close_tap(const AdminCall& call);

}  // namespace tidegate
