// Requests for access to gated repos.
#pragma once

#include <optional>
#include <string>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// Source: `AccessRequest`.
struct AccessRequest {
    std::string username; ///< who asks
    std::string fullname;
    std::optional<std::string> email; ///< absent for a user who got access without asking
    Timestamp timestamp{};
    std::string status; ///< pending, accepted or rejected
    Json fields;        ///< answers to the repo's own form: an object; null without a form
    bool operator==(const AccessRequest&) const = default;
};
HFASYNC_DESCRIBE(AccessRequest, username, fullname, email, timestamp, status, fields)

} // namespace hfasync
