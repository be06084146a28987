// The state of a Space's machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>

namespace hfasync {

/// What a Space is doing. Source: `SpaceStage`, and three that the Hub has sent since.
enum class SpaceStage {
    no_app_file,
    config_error,
    building,
    build_error,
    app_starting,
    running,
    running_building,
    running_app_starting,
    runtime_error,
    deleting,
    stopped,
    sleeping,
    paused,
};
[[maybe_unused]] constexpr auto hfasync_enum_texts(SpaceStage*)
{
    using enum SpaceStage;
    return std::array<EnumText<SpaceStage>, 13>{{{no_app_file, "NO_APP_FILE"},
                                                 {config_error, "CONFIG_ERROR"},
                                                 {building, "BUILDING"},
                                                 {build_error, "BUILD_ERROR"},
                                                 {app_starting, "APP_STARTING"},
                                                 {running, "RUNNING"},
                                                 {running_building, "RUNNING_BUILDING"},
                                                 {running_app_starting, "RUNNING_APP_STARTING"},
                                                 {runtime_error, "RUNTIME_ERROR"},
                                                 {deleting, "DELETING"},
                                                 {stopped, "STOPPED"},
                                                 {sleeping, "SLEEPING"},
                                                 {paused, "PAUSED"}}};
}

/// What a Space runs on. Source: `SpaceHardware`.
enum class SpaceHardware {
    cpu_basic,
    cpu_upgrade,
    cpu_xl,
    zero_a10g,
    t4_small,
    t4_medium,
    l4x1,
    l4x4,
    l40sx1,
    l40sx4,
    l40sx8,
    a10g_small,
    a10g_large,
    a10g_largex2,
    a10g_largex4,
    a100_large,
    v5e_1x1,
    v5e_2x2,
    v5e_2x4,
};
[[maybe_unused]] constexpr auto hfasync_enum_texts(SpaceHardware*)
{
    using enum SpaceHardware;
    return std::array<EnumText<SpaceHardware>, 19>{{{cpu_basic, "cpu-basic"},
                                                    {cpu_upgrade, "cpu-upgrade"},
                                                    {cpu_xl, "cpu-xl"},
                                                    {zero_a10g, "zero-a10g"},
                                                    {t4_small, "t4-small"},
                                                    {t4_medium, "t4-medium"},
                                                    {l4x1, "l4x1"},
                                                    {l4x4, "l4x4"},
                                                    {l40sx1, "l40sx1"},
                                                    {l40sx4, "l40sx4"},
                                                    {l40sx8, "l40sx8"},
                                                    {a10g_small, "a10g-small"},
                                                    {a10g_large, "a10g-large"},
                                                    {a10g_largex2, "a10g-largex2"},
                                                    {a10g_largex4, "a10g-largex4"},
                                                    {a100_large, "a100-large"},
                                                    {v5e_1x1, "v5e-1x1"},
                                                    {v5e_2x2, "v5e-2x2"},
                                                    {v5e_2x4, "v5e-2x4"}}};
}

/// Persistent storage of a Space. Source: `SpaceStorage`.
enum class SpaceStorage { small, medium, large };
HFASYNC_DESCRIBE_ENUM(SpaceStorage, small, medium, large)

/// "t4-medium" as a value; a text unknown to hfasync goes to the Hub as it is.
Open<SpaceHardware> space_hardware(std::string_view text);
/// "small", "medium", "large"; another text goes to the Hub as it is.
Open<SpaceStorage> space_storage(std::string_view text);

/// Source: `SpaceRuntime`.
struct SpaceRuntime {
    Open<SpaceStage> stage = Open<SpaceStage>::unknown("");
    std::optional<Open<SpaceHardware>> hardware;           ///< in use; absent while it is first built
    std::optional<Open<SpaceHardware>> requested_hardware; ///< may differ from `hardware` after a request
    std::optional<std::int64_t> sleep_time;    ///< seconds of inactivity; absent or -1: never sleeps
    std::optional<Open<SpaceStorage>> storage; ///< persistent storage tier
    Json raw;                                  ///< the Hub's whole answer
    bool operator==(const SpaceRuntime&) const = default;
};
HFASYNC_DESCRIBE(SpaceRuntime, stage, hardware, requested_hardware, sleep_time, storage, raw)
template <>
inline constexpr std::array field_rules<SpaceRuntime>{FieldRule{.field = "sleep_time", .wire = "gcTimeout"}};

} // namespace hfasync
