#include "emulator/store/access_request.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace hfasync::emulator::store {

namespace json = boost::json;

namespace {

constexpr std::string_view place = "accessRequests"; ///< in RepoSettings::extra: an object by user

std::string text(const json::object& object, std::string_view key)
{
    const auto* found = object.if_contains(key);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

AccessRequest from_json(std::string_view user, const json::object& object)
{
    AccessRequest out;
    out.user = user;
    out.status = text(object, "status");
    out.timestamp = Timestamp(std::chrono::microseconds(object.at("timestamp").to_number<std::int64_t>()));
    out.granted_by = text(object, "grantedBy");
    out.reason = text(object, "reason");
    if (const auto* fields = object.if_contains("fields")) out.fields = fields->as_object();
    return out;
}

json::object to_json(const AccessRequest& request)
{
    json::object out{{"status", request.status},
                     {"timestamp", request.timestamp.time_since_epoch().count()},
                     {"grantedBy", request.granted_by},
                     {"reason", request.reason}};
    if (request.fields) out["fields"] = *request.fields;
    return out;
}

const json::object* kept(const RepoSettings& repo)
{
    const auto* found = repo.extra.if_contains(place);
    return found ? found->if_object() : nullptr;
}

} // namespace

bool is_access_status(std::string_view status) noexcept
{
    return status == "pending" || status == "accepted" || status == "rejected";
}

std::vector<AccessRequest> access_requests(const RepoSettings& repo)
{
    std::vector<AccessRequest> out;
    if (const auto* all = kept(repo))
        for (const auto& member : *all)
            out.push_back(from_json(member.key(), member.value().as_object()));
    std::sort(out.begin(), out.end(), [](const AccessRequest& a, const AccessRequest& b) {
        return a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.user < b.user;
    });
    return out;
}

std::optional<AccessRequest> find_access_request(const RepoSettings& repo, std::string_view user)
{
    const auto* all = kept(repo);
    const auto* found = all ? all->if_contains(user) : nullptr;
    if (!found) return std::nullopt;
    return from_json(user, found->as_object());
}

std::string access_request_id(const RepoSettings& repo, const AccessRequest& request)
{
    return detail::sha256_hex(repo.uid + "/access/" + request.user).substr(0, 24);
}

void put_access_request(RepoSettings& repo, const AccessRequest& request)
{
    auto& all = repo.extra[place];
    if (!all.is_object()) all.emplace_object();
    all.get_object()[request.user] = to_json(request);
    if (request.status == "accepted")
        repo.access.insert(request.user);
    else
        repo.access.erase(request.user);
}

} // namespace hfasync::emulator::store
