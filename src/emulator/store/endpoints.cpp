#include "emulator/store/endpoints.hpp"

#include <array>
#include <fstream>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/os.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 5> aims{"deploy", "update", "wake", "pause", "scaleToZero"};

EndpointAim aim_of(std::string_view text)
{
    for (std::size_t i = 0; i < aims.size(); ++i)
        if (aims[i] == text) return static_cast<EndpointAim>(i);
    throw StoreError(500, "", "An endpoint in the data folder is damaged");
}

std::int64_t micros(Timestamp time)
{
    return time.time_since_epoch().count();
}
Timestamp from_micros(const json::value& value)
{
    return Timestamp(std::chrono::microseconds(value.to_number<std::int64_t>()));
}

json::object to_json(const Endpoint& e)
{
    return {{"name", e.name},
            {"namespace", e.namespace_},
            {"uid", e.uid},
            {"as", e.as},
            {"aim", aims[static_cast<std::size_t>(e.aim)]},
            {"aimedAt", micros(e.aimed_at)},
            {"usedAt", micros(e.used_at)},
            {"broken", e.is_broken},
            {"createdAt", micros(e.created_at)},
            {"updatedAt", micros(e.updated_at)},
            {"createdBy", e.created_by},
            {"updatedBy", e.updated_by}};
}

Endpoint from_json(const json::object& o)
{
    const auto text = [&](std::string_view key) { return std::string(o.at(key).as_string()); };
    Endpoint e;
    e.name = text("name");
    e.namespace_ = text("namespace");
    e.uid = text("uid");
    e.as = o.at("as").as_object();
    e.aim = aim_of(text("aim"));
    e.aimed_at = from_micros(o.at("aimedAt"));
    e.used_at = from_micros(o.at("usedAt"));
    e.is_broken = o.at("broken").as_bool();
    e.created_at = from_micros(o.at("createdAt"));
    e.updated_at = from_micros(o.at("updatedAt"));
    e.created_by = text("createdBy");
    e.updated_by = text("updatedBy");
    return e;
}

[[noreturn]] void no_endpoint(std::string_view name)
{
    throw StoreError(404, "", "Endpoint " + std::string(name) + " not found");
}

constexpr EndpointState scaled_to_zero{"scaledToZero", "Endpoint scaled to zero", true};

EndpointState running_since(const Endpoint& endpoint, Timestamp ready, Timestamp now)
{
    const auto idle = std::chrono::minutes(scaling(endpoint, "scaleToZeroTimeout"));
    // With a replica that always runs, or without a time-out, it stays up.
    if (scaling(endpoint, "minReplica") == 0 && idle.count() > 0 &&
        now >= std::max(ready, endpoint.used_at) + idle)
        return scaled_to_zero;
    return {"running", "Endpoint is ready", true};
}

} // namespace

std::int64_t scaling(const Endpoint& endpoint, std::string_view name)
{
    const auto& numbers = endpoint.as.at("compute").at("scaling").as_object();
    return numbers.at(name).to_number<std::int64_t>();
}

EndpointState state_at(const Endpoint& endpoint, Timestamp now)
{
    const auto age = now - endpoint.aimed_at;
    switch (endpoint.aim) {
    case EndpointAim::pause:
        return {"paused", "Endpoint is paused", false};
    case EndpointAim::scale_to_zero:
        return scaled_to_zero;
    case EndpointAim::update:
        if (age < endpoint_update_time) return {"updating", "Endpoint is updating", true};
        if (endpoint.is_broken) return {"updateFailed", "The model could not be loaded", true};
        return running_since(endpoint, endpoint.aimed_at + endpoint_update_time, now);
    case EndpointAim::wake:
        if (age < endpoint_start_time) return {"initializing", "Endpoint is initializing", true};
        if (endpoint.is_broken) return {"failed", "The model could not be loaded", true};
        return running_since(endpoint, endpoint.aimed_at + endpoint_start_time, now);
    case EndpointAim::deploy:
        break;
    }
    if (age < endpoint_schedule_time) return {"pending", "Endpoint waiting to be scheduled", false};
    const auto start = endpoint_schedule_time + endpoint_start_time;
    if (age < start) return {"initializing", "Endpoint is initializing", false};
    if (endpoint.is_broken) return {"failed", "The model could not be loaded", false};
    return running_since(endpoint, endpoint.aimed_at + start, now);
}

EndpointStore::EndpointStore(fs::path file) : file_(std::move(file))
{
    try {
        load();
    } catch (const std::exception&) { // not JSON, or a key is missing
        detail::throw_os_error(
            std::make_error_code(std::errc::illegal_byte_sequence),
            "read the endpoints' state, which is damaged; move this file away or restore it:", file_);
    }
}

void EndpointStore::load()
{
    if (!fs::exists(file_)) return;
    std::ifstream in(file_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto all = json::parse(text);
    for (const auto& item : all.as_array()) {
        auto endpoint = from_json(item.as_object());
        Key key(endpoint.namespace_, endpoint.name);
        endpoints_.emplace(std::move(key), std::move(endpoint));
    }
}

void EndpointStore::save(const Endpoints& endpoints) const
{
    json::array all;
    for (const auto& [key, endpoint] : endpoints)
        all.push_back(to_json(endpoint));
    // 0600: it holds the secrets of containers.
    detail::atomic_write(file_, json::serialize(all), file_.parent_path(), false, 0600);
}

std::vector<Endpoint> EndpointStore::list(std::string_view namespace_) const
{
    const std::lock_guard lock(mutex_);
    std::vector<Endpoint> out;
    for (const auto& [key, endpoint] : endpoints_)
        if (key.first == namespace_) out.push_back(endpoint);
    return out;
}

Endpoint EndpointStore::get(std::string_view namespace_, std::string_view name) const
{
    const std::lock_guard lock(mutex_);
    const auto found = endpoints_.find(Key(namespace_, name));
    if (found == endpoints_.end()) no_endpoint(name);
    return found->second;
}

std::optional<Endpoint> EndpointStore::by_uid(std::string_view uid) const
{
    const std::lock_guard lock(mutex_);
    for (const auto& [key, endpoint] : endpoints_)
        if (endpoint.uid == uid) return endpoint;
    return std::nullopt;
}

void EndpointStore::add(Endpoint endpoint)
{
    const std::lock_guard lock(mutex_);
    auto next = endpoints_;
    Key key(endpoint.namespace_, endpoint.name);
    if (!next.emplace(std::move(key), std::move(endpoint)).second)
        throw StoreError(409, "", "Endpoint already exists");
    save(next);
    endpoints_ = std::move(next);
}

Endpoint EndpointStore::change(std::string_view namespace_, std::string_view name,
                               const std::function<void(Endpoint&)>& change)
{
    const std::lock_guard lock(mutex_);
    auto next = endpoints_;
    const auto found = next.find(Key(namespace_, name));
    if (found == next.end()) no_endpoint(name);
    change(found->second);
    auto changed = found->second;
    save(next);
    endpoints_ = std::move(next);
    return changed;
}

void EndpointStore::remove(std::string_view namespace_, std::string_view name)
{
    const std::lock_guard lock(mutex_);
    auto next = endpoints_;
    if (next.erase(Key(namespace_, name)) == 0) no_endpoint(name);
    save(next);
    endpoints_ = std::move(next);
}

} // namespace hfasync::emulator::store
