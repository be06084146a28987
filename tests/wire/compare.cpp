#include "wire/compare.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace wire {

namespace {

std::string shortened(const json::value& value)
{
    auto text = json::serialize(value);
    return text.size() < 120 ? text : text.substr(0, 117) + "...";
}

// Members sorted by key, so that equal values have equal texts.
std::string canonical(const json::value& value)
{
    if (const auto* array = value.if_array()) {
        std::string out = "[";
        for (const auto& item : *array)
            out += canonical(item) + ",";
        return out + "]";
    }
    if (const auto* object = value.if_object()) {
        std::map<std::string, std::string> members;
        for (const auto& [key, member] : *object)
            members.emplace(key, canonical(member));
        std::string out = "{";
        for (const auto& [key, member] : members)
            out += json::serialize(json::string(key)) + ":" + member + ",";
        return out + "}";
    }
    return json::serialize(value);
}

json::array sorted_pairs(const json::value& pairs)
{
    std::vector<std::pair<std::string, std::string>> list;
    for (const auto& pair : pairs.as_array()) {
        std::string value(pair.at(1).as_string());
        if (value == "True" || value == "False") value[0] = static_cast<char>(value[0] + 32);
        list.emplace_back(pair.at(0).as_string(), std::move(value));
    }
    std::sort(list.begin(), list.end());
    json::array out;
    for (const auto& [name, value] : list)
        out.push_back(json::array{name, value});
    return out;
}

json::object normal_headers(const json::object& headers)
{
    json::object out;
    for (const auto key : {"authorization", "range"})
        if (const auto* found = headers.if_contains(key)) out[key] = *found;
    if (const auto* type = headers.if_contains("content-type")) {
        const std::string text(type->as_string());
        out["content-type"] = text.substr(0, text.find(';'));
    }
    return out;
}

std::vector<json::object> asked_once(const std::vector<json::object>& requests)
{
    std::vector<json::object> out;
    for (const auto& request : requests) {
        const auto* path = request.if_contains("path");
        const bool repeat =
            path && *path == "/api/whoami-v2" && std::find(out.begin(), out.end(), request) != out.end();
        if (!repeat) out.push_back(request);
    }
    return out;
}

bool same_number(const json::value& want, const json::value& got)
{
    if (want.is_double() || got.is_double()) {
        const auto a = want.to_number<double>();
        const auto b = got.to_number<double>();
        return want.is_double() ? std::abs(a - b) < 1e-9 * std::max(1.0, std::abs(a)) : a == b;
    }
    return want == got;
}

} // namespace

json::object normal_request(const json::object& request, const json::array& ignore)
{
    json::object out{{"origin", request.at("origin")},
                     {"method", request.at("method")},
                     {"path", request.at("path")},
                     {"query", sorted_pairs(request.at("query"))}};
    auto headers = normal_headers(request.at("headers").as_object());
    bool has_body = false;
    for (const auto key : {"json", "ndjson", "body_sha256", "body_size"})
        if (const auto* found = request.if_contains(key)) {
            out[key] = *found;
            has_body = true;
        }
    if (const auto* form = request.if_contains("form")) {
        out["form"] = sorted_pairs(*form);
        has_body = true;
    }
    if (!has_body) headers.erase("content-type");
    for (const auto& key : ignore) {
        out.erase(key.as_string());
        headers.erase(key.as_string());
    }
    if (std::find(ignore.begin(), ignore.end(), json::value("headers")) == ignore.end())
        out["headers"] = headers;
    return out;
}

Problems compare_requests(std::vector<json::object> want, std::vector<json::object> got, bool unordered)
{
    want = asked_once(want);
    got = asked_once(got);
    if (unordered) {
        const auto by_text = [](const json::object& a, const json::object& b) {
            return canonical(a) < canonical(b);
        };
        std::sort(want.begin(), want.end(), by_text);
        std::sort(got.begin(), got.end(), by_text);
    }
    return differences(json::array(want.begin(), want.end()), json::array(got.begin(), got.end()), "request");
}

json::value without_nulls(const json::value& value)
{
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& [key, member] : *object)
            if (!member.is_null()) out.emplace(key, without_nulls(member));
        return out;
    }
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& item : *array)
            out.push_back(without_nulls(item));
        return out;
    }
    return value;
}

Problems differences(const json::value& want, const json::value& got, const std::string& at)
{
    Problems out;
    const auto descend = [&out](const json::value& w, const json::value& g, const std::string& where) {
        auto below = differences(w, g, where);
        out.insert(out.end(), below.begin(), below.end());
    };
    if (want.is_object() && got.is_object()) {
        for (const auto& [key, member] : want.get_object()) {
            const auto where = at + "/" + std::string(key);
            if (const auto* found = got.get_object().if_contains(key))
                descend(member, *found, where);
            else
                out.push_back(where + ": missing, want " + shortened(member));
        }
        for (const auto& [key, member] : got.get_object())
            if (!want.get_object().contains(key))
                out.push_back(at + "/" + std::string(key) + ": not expected, got " + shortened(member));
    } else if (want.is_array() && got.is_array()) {
        const auto &w = want.get_array(), &g = got.get_array();
        if (w.size() != g.size())
            out.push_back(at + ": " + std::to_string(g.size()) + " items, want " + std::to_string(w.size()));
        for (std::size_t i = 0; i < std::min(w.size(), g.size()); ++i)
            descend(w[i], g[i], at + "[" + std::to_string(i) + "]");
    } else if (!(want.is_number() && got.is_number() ? same_number(want, got) : want == got)) {
        out.push_back(at + ": " + shortened(got) + ", want " + shortened(want));
    }
    return out;
}

} // namespace wire
