#include "wire/cassette.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/encoding.hpp"
#include "base/hash.hpp"

namespace wire {

namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Cassette load(const fs::path& path)
{
    Cassette cassette;
    cassette.area = path.parent_path().filename();
    cassette.content = json::parse(read_file(path)).as_object();
    cassette.name = std::string(cassette.content.at("name").as_string());
    return cassette;
}

} // namespace

json::object Cassette::object(std::string_view key) const
{
    const auto* found = content.if_contains(key);
    return found && found->is_object() ? found->get_object() : json::object();
}

json::array Cassette::list(std::string_view key) const
{
    const auto* found = content.if_contains(key);
    return found && found->is_array() ? found->get_array() : json::array();
}

std::string Cassette::method() const
{
    return std::string(content.at("method").as_string());
}

bool Cassette::compares(std::string_view what) const
{
    if (!has("compare")) return true;
    const auto named = list("compare");
    return std::any_of(named.begin(), named.end(),
                       [&](const json::value& v) { return v.as_string() == what; });
}

std::vector<Cassette> load_cassettes(const fs::path& folder)
{
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Cassette> cassettes;
    for (const auto& file : files)
        cassettes.push_back(load(file));
    return cassettes;
}

std::string fill(std::string text, const Placeholders& placeholders)
{
    for (const auto& [name, value] : placeholders)
        for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; at += value.size())
            text.replace(at, name.size(), value);
    return text;
}

json::value fill(const json::value& value, const Placeholders& placeholders)
{
    if (value.is_string()) return json::value(fill(std::string(value.get_string()), placeholders));
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& item : *array)
            out.push_back(fill(item, placeholders));
        return out;
    }
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& [key, member] : *object)
            out.emplace(fill(std::string(key), placeholders), fill(member, placeholders));
        return out;
    }
    return value;
}

void write_files(const fs::path& root, const json::object& files)
{
    for (const auto& [name, content] : files) {
        const auto path = root / std::string(name);
        fs::create_directories(path.parent_path());
        std::string bytes;
        if (const auto* object = content.if_object())
            bytes = hfasync::detail::base64_decode(object->at("$base64").as_string()).value();
        else
            bytes = content.as_string();
        std::ofstream(path, std::ios::binary) << bytes;
    }
}

json::object read_tree(const fs::path& root)
{
    json::object out;
    if (!fs::exists(root)) return out;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const auto name = entry.path().lexically_relative(root).string();
        if (entry.is_symlink()) {
            out[name] = "link:" + fs::read_symlink(entry.path()).string();
        } else if (entry.is_regular_file()) {
            const auto bytes = read_file(entry.path());
            const bool text = bytes.size() <= 200 && hfasync::detail::is_valid_utf8(bytes);
            out[name] = text ? "text:" + bytes : "sha256:" + hfasync::detail::sha256_hex(bytes);
        }
    }
    return out;
}

} // namespace wire
