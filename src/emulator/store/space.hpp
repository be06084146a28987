// What is kept of a Space apart from its files, and what its machine is doing at a given time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include <hfasync/time.hpp>

#include "emulator/store/repo.hpp"

namespace hfasync::emulator::store {

inline constexpr std::string_view free_hardware = "cpu-basic";
/// How long a build takes.
inline constexpr std::chrono::seconds space_build_time{10};
/// Free hardware goes to sleep after two days; nobody can change that.
inline constexpr std::int64_t free_sleep_time = 48 * 3600;

bool is_space_hardware(std::string_view name) noexcept;
/// 0 for no storage, 1 small, 2 medium, 3 large; nullopt for another text.
std::optional<int> storage_rank(std::string_view tier) noexcept;

/// A secret or a variable.
struct SpaceValue {
    std::string value;
    std::optional<std::string> description;
    Timestamp updated_at{};
};

/// No timer changes this: what the machine does follows from it and the time.
struct SpaceState {
    std::map<std::string, SpaceValue> secrets, variables;
    std::string requested{free_hardware};
    std::string storage;                    ///< tier; empty: none
    std::optional<std::int64_t> sleep_time; ///< seconds; -1: never
    bool is_paused = false;
    // The last build that was asked for: when, and what served visitors meanwhile (empty: nothing).
    Timestamp build_began{};
    std::string serving;
    Timestamp active_at{}; ///< inactivity counts from here, or from the end of the build
};

/// What its repo says.
struct SpaceFacts {
    std::string sdk;           ///< empty: README.md names none
    bool has_app_file = false; ///< always true of a static Space
    Timestamp pushed_at{};     ///< date of the head; a push begins a build
};

/// As the Hub shows it. Hardware: empty for none.
struct SpaceMachine {
    std::string_view stage;
    std::string hardware, requested;
    std::string storage;
    std::optional<std::int64_t> sleep_time;
};
SpaceMachine machine_at(const SpaceState& space, const SpaceFacts& facts, Timestamp now);

/// Begins a build; what runs now goes on serving.
void rebuild(SpaceState& space, const SpaceFacts& facts, Timestamp now);
/// Begins a build with nothing running meanwhile, also out of a pause.
void restart(SpaceState& space, Timestamp now);

/// From the repo's settings: as kept, or as it was created.
SpaceState read_space(const RepoSettings& settings);
void keep_space(RepoSettings& settings, const SpaceState& space);

} // namespace hfasync::emulator::store
