// Variables and secrets of Spaces.
#pragma once

#include <optional>
#include <string>

#include <hfasync/describe.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// A secret or a variable of a new Space.
struct SpaceEntry {
    std::string key;
    std::string value;
    std::optional<std::string> description;
    bool operator==(const SpaceEntry&) const = default;
};
HFASYNC_DESCRIBE(SpaceEntry, key, value, description)

/// A public variable of a Space's environment. Source: `SpaceVariable`.
struct SpaceVariable {
    std::string key;
    std::string value;
    std::optional<std::string> description;
    std::optional<Timestamp> updated_at;
    bool operator==(const SpaceVariable&) const = default;
};
HFASYNC_DESCRIBE(SpaceVariable, key, value, description, updated_at)

} // namespace hfasync
