// The state of a Space's machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>

namespace hfasync {

/// Source: `SpaceRuntime`.
struct SpaceRuntime {
    std::string stage;                   ///< BUILDING, RUNNING, PAUSED, ...; the Hub may add further ones
    std::optional<std::string> hardware; ///< in use; absent while it is built the first time
    std::optional<std::string> requested_hardware; ///< may differ from `hardware` after a request
    std::optional<std::int64_t> sleep_time;        ///< seconds of inactivity; absent or -1: never sleeps
    std::optional<std::string> storage;            ///< persistent storage tier
    Json raw;                                      ///< the Hub's whole answer
    bool operator==(const SpaceRuntime&) const = default;
};
HFASYNC_DESCRIBE(SpaceRuntime, stage, hardware, requested_hardware, sleep_time, storage, raw)
template <>
inline constexpr std::array field_rules<SpaceRuntime>{FieldRule{.field = "sleep_time", .wire = "gcTimeout"}};

} // namespace hfasync
