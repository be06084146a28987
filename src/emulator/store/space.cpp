#include "emulator/store/space.hpp"

#include <algorithm>
#include <array>

namespace hfasync::emulator::store {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 19> known_hardware{
    "cpu-basic",    "cpu-upgrade", "cpu-xl",  "zero-a10g", "t4-small",   "t4-medium",  "l4x1",
    "l4x4",         "l40sx1",      "l40sx4",  "l40sx8",    "a10g-small", "a10g-large", "a10g-largex2",
    "a10g-largex4", "a100-large",  "v5e-1x1", "v5e-2x2",   "v5e-2x4"};

std::int64_t sleep_of(const SpaceState& space)
{
    // Upgraded hardware never sleeps unless it is told to.
    return space.requested == free_hardware ? free_sleep_time : space.sleep_time.value_or(-1);
}

/// When a build began, and what serves until it is done.
struct Build {
    Timestamp began;
    std::string serving;
};

struct Doing {
    std::string_view stage;
    std::string hardware;
};

Doing doing_at(const SpaceState& space, const Build& build, Timestamp now)
{
    const Timestamp ready = build.began + space_build_time;
    if (now < ready)
        return build.serving.empty() ? Doing{"BUILDING", {}} : Doing{"RUNNING_BUILDING", build.serving};
    const auto sleep = sleep_of(space);
    if (sleep >= 0 && now >= std::max(ready, space.active_at) + std::chrono::seconds(sleep))
        return {"SLEEPING", {}};
    return {"RUNNING", space.requested};
}

/// The last build: the one asked for, or the one that a later push began.
Build last_build(const SpaceState& space, const SpaceFacts& facts)
{
    Build build{space.build_began, space.serving};
    if (facts.pushed_at > space.build_began)
        build = {facts.pushed_at, doing_at(space, build, facts.pushed_at).hardware};
    return build;
}

std::int64_t micros(Timestamp time)
{
    return time.time_since_epoch().count();
}
Timestamp from_micros(const json::value& value)
{
    return Timestamp(std::chrono::microseconds(value.to_number<std::int64_t>()));
}

json::object values_to_json(const std::map<std::string, SpaceValue>& values)
{
    json::object out;
    for (const auto& [key, entry] : values) {
        json::object item{{"value", entry.value}, {"updatedAt", micros(entry.updated_at)}};
        if (entry.description) item["description"] = *entry.description;
        out[key] = std::move(item);
    }
    return out;
}

std::map<std::string, SpaceValue> values_from_json(const json::object& object)
{
    std::map<std::string, SpaceValue> out;
    for (const auto& [key, item] : object) {
        const auto& fields = item.as_object();
        SpaceValue value{.value = std::string(fields.at("value").as_string()),
                         .description = {},
                         .updated_at = from_micros(fields.at("updatedAt"))};
        if (const auto* text = fields.if_contains("description")) value.description = text->as_string();
        out.emplace(key, std::move(value));
    }
    return out;
}

/// [{"key", "value", "description"?}], as create_repo takes them; what is none is passed over.
std::map<std::string, SpaceValue> values_from_list(const json::value* list, Timestamp now)
{
    std::map<std::string, SpaceValue> out;
    const auto* items = list ? list->if_array() : nullptr;
    if (!items) return out;
    for (const auto& item : *items) {
        const auto* fields = item.if_object();
        const auto* key = fields ? fields->if_contains("key") : nullptr;
        const auto* value = fields ? fields->if_contains("value") : nullptr;
        if (!key || !key->is_string() || !value || !value->is_string()) continue;
        SpaceValue made{.value = std::string(value->get_string()), .description = {}, .updated_at = now};
        if (const auto* text = fields->if_contains("description"); text && text->is_string())
            made.description = text->get_string();
        out.insert_or_assign(std::string(key->get_string()), std::move(made));
    }
    return out;
}

SpaceState created_space(const RepoSettings& settings)
{
    SpaceState space;
    space.build_began = space.active_at = settings.created_at;
    const auto* kept = settings.extra.if_contains("created_with");
    const auto* with = kept ? kept->if_object() : nullptr;
    if (!with) return space;
    const auto* hardware = with->if_contains("hardware");
    if (hardware && hardware->is_string() && is_space_hardware(std::string_view(hardware->get_string())))
        space.requested = hardware->get_string();
    const auto* tier = with->if_contains("storageTier");
    if (tier && tier->is_string() && storage_rank(std::string_view(tier->get_string())))
        space.storage = tier->get_string();
    if (const auto* sleep = with->if_contains("sleepTimeSeconds"); sleep && sleep->is_int64())
        space.sleep_time = sleep->get_int64();
    space.secrets = values_from_list(with->if_contains("secrets"), settings.created_at);
    space.variables = values_from_list(with->if_contains("variables"), settings.created_at);
    return space;
}

} // namespace

bool is_space_hardware(std::string_view name) noexcept
{
    return std::find(known_hardware.begin(), known_hardware.end(), name) != known_hardware.end();
}

std::optional<int> storage_rank(std::string_view tier) noexcept
{
    if (tier.empty()) return 0;
    if (tier == "small") return 1;
    if (tier == "medium") return 2;
    if (tier == "large") return 3;
    return std::nullopt;
}

SpaceMachine machine_at(const SpaceState& space, const SpaceFacts& facts, Timestamp now)
{
    if (facts.sdk == "static") // files on a web server: no machine
        return {.stage = "RUNNING", .hardware = {}, .requested = {}, .storage = {}, .sleep_time = {}};
    SpaceMachine out{.stage = {},
                     .hardware = {},
                     .requested = space.requested,
                     .storage = space.storage,
                     .sleep_time = sleep_of(space)};
    if (space.is_paused) {
        out.stage = "PAUSED";
    } else if (facts.sdk.empty()) {
        out.stage = "CONFIG_ERROR";
    } else if (!facts.has_app_file) {
        out.stage = "NO_APP_FILE";
    } else {
        auto doing = doing_at(space, last_build(space, facts), now);
        out.stage = doing.stage;
        out.hardware = std::move(doing.hardware);
    }
    return out;
}

void rebuild(SpaceState& space, const SpaceFacts& facts, Timestamp now)
{
    space.serving = machine_at(space, facts, now).hardware;
    space.build_began = space.active_at = now;
}

void restart(SpaceState& space, Timestamp now)
{
    space.is_paused = false;
    space.serving.clear();
    space.build_began = space.active_at = now;
}

SpaceState read_space(const RepoSettings& settings)
{
    const auto* kept = settings.extra.if_contains("space");
    if (!kept) return created_space(settings);
    const auto& object = kept->as_object();
    SpaceState space;
    space.secrets = values_from_json(object.at("secrets").as_object());
    space.variables = values_from_json(object.at("variables").as_object());
    space.requested = object.at("requested").as_string();
    space.storage = object.at("storage").as_string();
    if (!object.at("sleepTime").is_null())
        space.sleep_time = object.at("sleepTime").to_number<std::int64_t>();
    space.is_paused = object.at("paused").as_bool();
    space.build_began = from_micros(object.at("buildBegan"));
    space.serving = object.at("serving").as_string();
    space.active_at = from_micros(object.at("activeAt"));
    return space;
}

void keep_space(RepoSettings& settings, const SpaceState& space)
{
    json::object out{{"secrets", values_to_json(space.secrets)},
                     {"variables", values_to_json(space.variables)},
                     {"requested", space.requested},
                     {"storage", space.storage},
                     {"sleepTime", nullptr},
                     {"paused", space.is_paused},
                     {"buildBegan", micros(space.build_began)},
                     {"serving", space.serving},
                     {"activeAt", micros(space.active_at)}};
    if (space.sleep_time) out["sleepTime"] = *space.sleep_time;
    settings.extra["space"] = std::move(out);
}

} // namespace hfasync::emulator::store
