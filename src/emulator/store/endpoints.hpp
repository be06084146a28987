// Inference Endpoints of the embedded Hub.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include <hfasync/time.hpp>

namespace hfasync::emulator::store {

// How long each step takes.
inline constexpr std::chrono::seconds endpoint_schedule_time{5}; ///< pending
inline constexpr std::chrono::seconds endpoint_start_time{10};   ///< initializing
inline constexpr std::chrono::seconds endpoint_update_time{10};  ///< updating

/// What was asked of an endpoint last.
enum class EndpointAim { deploy, update, wake, pause, scale_to_zero };

/// No timer changes this: its state follows from it and the time.
struct Endpoint {
    std::string name, namespace_;
    std::string uid;        ///< 24 hex digits, part of its URL
    boost::json::object as; ///< type, accountId, provider, compute, model: as the API gives them
    EndpointAim aim = EndpointAim::deploy;
    Timestamp aimed_at{};
    Timestamp used_at{};    ///< last request to its URL
    bool is_broken = false; ///< its model is not on this Hub: it will fail
    Timestamp created_at{}, updated_at{};
    std::string created_by, updated_by; ///< account names
};

struct EndpointState {
    std::string_view state; ///< pending, initializing, running ...
    std::string_view message;
    bool has_url = false; ///< deployed once, and not stopped since
};
EndpointState state_at(const Endpoint& endpoint, Timestamp now);
/// A number of compute.scaling.
std::int64_t scaling(const Endpoint& endpoint, std::string_view name);

/// Thread-safe; every change is on disk before it is answered.
class EndpointStore {
public:
    /// Reads what an earlier run left. \throws OSError when the file is damaged
    explicit EndpointStore(std::filesystem::path file);

    /// By name.
    std::vector<Endpoint> list(std::string_view namespace_) const;
    /// \throws StoreError 404
    Endpoint get(std::string_view namespace_, std::string_view name) const;
    std::optional<Endpoint> by_uid(std::string_view uid) const;
    /// \throws StoreError 409 when the name is taken
    void add(Endpoint endpoint);
    /// What `change` throws leaves it as it was. \throws StoreError 404
    Endpoint change(std::string_view namespace_, std::string_view name,
                    const std::function<void(Endpoint&)>& change);
    /// \throws StoreError 404
    void remove(std::string_view namespace_, std::string_view name);

private:
    using Key = std::pair<std::string, std::string>;
    using Endpoints = std::map<Key, Endpoint>;
    void load();
    void save(const Endpoints& endpoints) const; ///< under mutex_

    std::filesystem::path file_;
    mutable std::mutex mutex_;
    Endpoints endpoints_;
};

} // namespace hfasync::emulator::store
