// One recorded conversation: a call, the answers that were played, what was sent and what came of it.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wire {

namespace json = boost::json;

struct Cassette {
    std::string area; ///< its folder
    std::string name; ///< "method/what"
    json::object content;

    bool has(std::string_view key) const { return content.contains(key); }
    /// The member, or an empty object / array.
    json::object object(std::string_view key) const;
    json::array list(std::string_view key) const;
    std::string method() const;
    bool compares(std::string_view what) const; ///< "requests", "result" or "disk"
};

/// All below the folder, sorted by area and name.
std::vector<Cassette> load_cassettes(const std::filesystem::path& folder);

/// `{{endpoint}}` and its like, in every text and key of a value.
using Placeholders = std::map<std::string, std::string>;
json::value fill(const json::value& value, const Placeholders& placeholders);
std::string fill(std::string text, const Placeholders& placeholders);

/// `{"path": "text" | {"$base64": ...}}` as files below root.
void write_files(const std::filesystem::path& root, const json::object& files);
/// Files below root: path to `text:...`, `sha256:...` or `link:...`.
json::object read_tree(const std::filesystem::path& root);

} // namespace wire
