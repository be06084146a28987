// Requests for access to a gated repo: three lists, of which the accepted one decides who may download.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "emulator/store/repo.hpp"

namespace hfasync::emulator::store {

struct AccessRequest {
    std::string user;
    std::string status; ///< pending, accepted, rejected
    Timestamp timestamp{};
    std::string granted_by;                    ///< who let him in unasked; empty for who asked himself
    std::string reason;                        ///< of a rejection; may be empty
    std::optional<boost::json::object> fields; ///< of the repo's own form
};

bool is_access_status(std::string_view status) noexcept;

/// The oldest first. They are kept with the repo's settings.
std::vector<AccessRequest> access_requests(const RepoSettings& repo);
std::optional<AccessRequest> find_access_request(const RepoSettings& repo, std::string_view user);
/// 24 hex digits, the same for as long as the repo lives.
std::string access_request_id(const RepoSettings& repo, const AccessRequest& request);
/// Puts it in the place of the user's last one, and him on or off the list of who may download.
void put_access_request(RepoSettings& repo, const AccessRequest& request);

} // namespace hfasync::emulator::store
