#include "emulator/routes/endpoints_body.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "emulator/routes/body.hpp"
#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_name = 32;
/// "authenticated" is what newer clients call "protected": whoever has a token.
constexpr std::string_view types[] = {"protected", "authenticated", "public", "private"};
constexpr std::string_view engines[] = {"huggingface", "custom", "vLLM",     "sGLang",
                                        "tgi",         "tei",    "llamacpp", "hfServe"};
constexpr std::string_view metrics[] = {"hardwareUsage", "pendingRequests"};

[[noreturn]] void refuse(const std::string& why)
{
    throw Refusal(400, "", "Bad Request: " + why);
}

const json::object& part(const json::object& body, std::string_view key)
{
    const auto* value = body.if_contains(key);
    if (!value || !value->is_object())
        refuse("\"" + std::string(key) + "\" is required and must be an object");
    return value->get_object();
}

void only(const json::object& body, std::initializer_list<std::string_view> known)
{
    for (const auto& [key, value] : body)
        if (std::find(known.begin(), known.end(), std::string_view(key)) == known.end())
            refuse("unknown field \"" + std::string(key) + "\"");
}

/// A text or null.
json::value text_or_null(const json::object& body, std::string_view key)
{
    const auto text = text_or(body, key, "");
    return body.contains(key) && body.at(key).is_string() ? json::value(text) : json::value(nullptr);
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::string_view (&known)[N])
{
    return std::find(std::begin(known), std::end(known), text) != std::end(known);
}

json::object read_texts_by_name(const json::object& texts, std::string_view what)
{
    for (const auto& [key, value] : texts)
        if (!value.is_string())
            refuse("the " + std::string(what) + " \"" + std::string(key) + "\" must be a string");
    return texts;
}

json::array read_list(const json::object& body, std::string_view key)
{
    const auto* value = body.if_contains(key);
    if (!value) return {};
    const auto is_text = [](const json::value& item) { return item.is_string(); };
    if (!value->is_array() || !std::all_of(value->get_array().begin(), value->get_array().end(), is_text))
        refuse("\"" + std::string(key) + "\" must be an array of strings");
    return value->get_array();
}

/// {"pendingRequests": 2.5}: what makes it scale, and from where on.
void read_measure(const json::object& measure, json::object& out)
{
    if (measure.size() != 1 || !is_one_of(measure.begin()->key(), metrics))
        refuse("\"measure\" must be {\"hardwareUsage\": ...} or {\"pendingRequests\": ...}");
    const auto& threshold = measure.begin()->value();
    if (!threshold.is_number() && !threshold.is_null()) refuse("a threshold must be a number");
    out["metric"] = measure.begin()->key();
    out["measure"] = measure;
}

json::object read_scaling(const json::object& scaling, json::object out)
{
    only(scaling, {"minReplica", "maxReplica", "scaleToZeroTimeout", "measure"});
    if (scaling.contains("measure")) read_measure(part(scaling, "measure"), out);
    for (const auto* key : {"minReplica", "maxReplica", "scaleToZeroTimeout"})
        if (const auto number = whole_number(scaling, key)) out[key] = *number;
    const auto number = [&](std::string_view key) { return out.at(key).to_number<std::uint64_t>(); };
    constexpr std::uint64_t most = 1'000'000;
    if (number("maxReplica") == 0 || number("minReplica") > number("maxReplica") ||
        number("maxReplica") > most || number("scaleToZeroTimeout") > most)
        refuse("\"maxReplica\" must be at least 1 and not below \"minReplica\"");
    return out;
}

json::object read_image(const json::object& image)
{
    if (image.size() != 1 || !image.begin()->value().is_object() || !is_one_of(image.begin()->key(), engines))
        refuse("\"image\" must be {\"huggingface\": {}}, {\"custom\": {...}} or that of another engine");
    if (const auto* custom = image.if_contains("custom"))
        if (custom->get_object().empty()) refuse("\"custom\" needs a \"url\"");
    return image;
}

/// What a body says beside "compute" and "model".
void read_surroundings(const json::object& body, json::object& out)
{
    if (body.contains("tags")) out["tags"] = read_list(body, "tags");
    if (body.contains("cacheHttpResponses")) out["cacheHttpResponses"] = flag(body, "cacheHttpResponses");
    for (const auto* key : {"route", "privateService"})
        if (body.contains(key)) out[key] = part(body, key);
}

/// How the container runs.
void read_container(const json::object& body, json::object& model)
{
    for (const auto& [key, what] : {std::pair("secrets", "secret"), std::pair("env", "variable")})
        if (body.contains(key)) model[key] = read_texts_by_name(part(body, key), what);
    for (const auto* key : {"args", "command"})
        if (body.contains(key)) model[key] = read_list(body, key);
}

/// The id that follows from where and on what it runs.
void name_compute(json::object& endpoint)
{
    auto& compute = endpoint.at("compute").as_object();
    const auto& machine = compute;
    const auto& provider = endpoint.at("provider").as_object();
    std::string id;
    for (const auto* text : {&provider.at("vendor"), &provider.at("region"), &machine.at("instanceType"),
                             &machine.at("instanceSize")})
        id.append(id.empty() ? "" : "-").append(text->as_string());
    compute["id"] = id;
}

} // namespace

std::string read_endpoint_name(const json::object& body)
{
    auto name = require_text(body, "name");
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    bool good = !name.empty() && name.size() <= longest_name && letter(name.front()) && letter(name.back());
    for (const char c : name)
        good = good && (letter(c) || c == '-');
    if (!good) refuse("\"name\" must be 1 to 32 of a-z, 0-9 and '-'");
    return name;
}

json::object read_new_endpoint(const json::object& body)
{
    only(body, {"name", "type", "accountId", "provider", "compute", "model", "tags", "cacheHttpResponses",
                "route", "privateService"});
    const auto type = text_or(body, "type", "protected");
    if (!is_one_of(type, types)) refuse("\"type\" must be protected, public or private");
    const auto& provider = part(body, "provider");
    const auto& compute = part(body, "compute");
    const auto& model = part(body, "model");
    only(provider, {"region", "vendor"});
    only(compute, {"accelerator", "instanceSize", "instanceType", "scaling"});
    only(model,
         {"framework", "repository", "revision", "task", "image", "secrets", "env", "args", "command"});

    json::object out{{"type", type}, {"accountId", text_or_null(body, "accountId")}};
    out["provider"] = {{"vendor", require_text(provider, "vendor")},
                       {"region", require_text(provider, "region")}};
    const json::object defaults{{"minReplica", 0},
                                {"maxReplica", 1},
                                {"scaleToZeroTimeout", 15},
                                {"metric", "hardwareUsage"},
                                {"measure", {{"hardwareUsage", nullptr}}}};
    const auto* scaling = compute.if_contains("scaling");
    out["compute"] = {{"id", ""},
                      {"accelerator", require_text(compute, "accelerator")},
                      {"instanceType", require_text(compute, "instanceType")},
                      {"instanceSize", require_text(compute, "instanceSize")},
                      {"scaling", scaling ? read_scaling(part(compute, "scaling"), defaults) : defaults}};
    out["model"] = {{"repository", require_text(model, "repository")},
                    {"revision", text_or_null(model, "revision")},
                    {"task", text_or_null(model, "task")},
                    {"framework", require_text(model, "framework")},
                    {"image", read_image(part(model, "image"))},
                    {"env", json::object()},
                    {"secrets", json::object()},
                    {"args", json::array()}};
    read_container(model, out.at("model").as_object());
    read_surroundings(body, out);
    name_compute(out);
    return out;
}

void merge_endpoint(json::object& endpoint, const json::object& body)
{
    only(body, {"compute", "model", "tags", "cacheHttpResponses", "route"});
    read_surroundings(body, endpoint);
    if (body.contains("compute")) {
        const auto& changes = part(body, "compute");
        only(changes, {"accelerator", "instanceSize", "instanceType", "scaling"});
        auto& compute = endpoint.at("compute").as_object();
        for (const auto* key : {"accelerator", "instanceSize", "instanceType"})
            if (changes.contains(key)) compute[key] = require_text(changes, key);
        if (changes.contains("scaling"))
            compute["scaling"] = read_scaling(part(changes, "scaling"), compute.at("scaling").as_object());
    }
    if (body.contains("model")) {
        const auto& changes = part(body, "model");
        only(changes,
             {"framework", "repository", "revision", "task", "image", "secrets", "env", "args", "command"});
        auto& model = endpoint.at("model").as_object();
        for (const auto* key : {"framework", "repository"})
            if (changes.contains(key)) model[key] = require_text(changes, key);
        for (const auto* key : {"revision", "task"})
            if (changes.contains(key)) model[key] = text_or_null(changes, key);
        if (changes.contains("repository") && !changes.contains("revision"))
            model["revision"] = nullptr; // the old one is of another model
        if (changes.contains("image")) model["image"] = read_image(part(changes, "image"));
        read_container(changes, model);
    }
    name_compute(endpoint);
}

} // namespace hfasync::emulator
