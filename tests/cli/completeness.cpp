// Every method of the reference is here, whole: tests/data/methods.tsv names them,
// tests/data/open_methods.txt what is not done yet, tests/data/parameter_differences.txt where hfasync's
// parameters are others and why. Both lists are exact: a line that is no longer true fails too.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

#include "base/encoding.hpp"
#include "cli/method_description.hpp"
#include "cli/method_table.hpp"
#include "emulator/plain_client.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace hfasync;

namespace {

const fs::path tests_folder = HFASYNC_TEST_SOURCE_DIR;
const fs::path root = tests_folder.parent_path();

/// Asks no Hub and takes no JSON: it stands in a header, and neither in the table nor among the routes.
const std::set<std::string> local_methods{"run_as_future"};

using Lines = std::set<std::string>;

std::string content_of(const fs::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

std::vector<std::string> split(const std::string& text, const std::string& by)
{
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(by, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + by.size();
    }
    return parts;
}

struct ReferenceParameter {
    std::string name;
    std::optional<std::string> default_; ///< as Python writes it
};

struct ReferenceMethod {
    std::string area, name;
    std::vector<ReferenceParameter> parameters;
};

/// "repo_id: str; revision: Optional[str] = None"
std::vector<ReferenceParameter> parameters_of(const std::string& text)
{
    std::vector<ReferenceParameter> out;
    for (const auto& one : split(text, "; ")) {
        if (one.empty()) continue;
        ReferenceParameter parameter{.name = one.substr(0, one.find(':')), .default_ = {}};
        if (const auto equal = one.rfind(" = "); equal != std::string::npos)
            parameter.default_ = one.substr(equal + 3);
        out.push_back(std::move(parameter));
    }
    return out;
}

const std::vector<ReferenceMethod>& reference()
{
    static const auto all = [] {
        std::vector<ReferenceMethod> out;
        for (const auto& line : split(content_of(tests_folder / "data/methods.tsv"), "\n")) {
            const auto cells = split(line, "\t");
            if (cells.size() >= 3 && !line.starts_with("#"))
                out.push_back({cells[0], cells[1], parameters_of(cells[2])});
        }
        return out;
    }();
    return all;
}

/// The lines of a list, without comments and what stands behind ": ".
Lines listed(const fs::path& path)
{
    Lines out;
    for (const auto& line : split(content_of(path), "\n"))
        if (!line.empty() && line[0] != '#') out.insert(line.substr(0, line.find(": ")));
    return out;
}

void check_list(const Lines& found, const fs::path& path)
{
    const auto known = listed(path);
    for (const auto& line : found)
        BOOST_TEST(known.contains(line), line << " (do it, or list it in " << path.filename() << ")");
    for (const auto& line : known)
        BOOST_TEST(found.contains(line),
                   "`" << line << "` is no longer true: take it out of " << path.filename());
}

std::vector<fs::path> files_below(const fs::path& folder, std::string_view extension)
{
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().extension() == extension) out.push_back(entry.path());
    return out;
}

bool declared_in_a_header(const std::string& name)
{
    const std::regex declaration("\\b" + name + "\\(");
    return std::ranges::any_of(files_below(root / "include", ".hpp"), [&](const fs::path& header) {
        return std::regex_search(content_of(header), declaration);
    });
}

// ---- what a method must have ----------------------------------------------------------------------------

bool is_declared(const ReferenceMethod& method)
{
    return local_methods.contains(method.name) ? declared_in_a_header(method.name)
                                               : cli::methods().contains(method.name);
}

bool is_documented(const ReferenceMethod& method)
{
    const auto page = method.area == "hub" ? method.name : method.area;
    return content_of(root / "docs/reference" / (page + ".md")).find("\n## " + method.name + "\n") !=
           std::string::npos;
}

struct Recorded {
    std::string area, what;
    json::object content;
};

const std::multimap<std::string, Recorded>& recordings()
{
    static const auto all = [] {
        std::multimap<std::string, Recorded> out;
        for (const auto& path : files_below(tests_folder / "wire/cassettes", ".json")) {
            auto content = json::parse(content_of(path)).as_object();
            out.emplace(content.at("method").as_string(),
                        Recorded{path.parent_path().filename().string(),
                                 std::string(content.at("name").as_string()), content});
        }
        return out;
    }();
    return all;
}

bool has_a_played_recording(const std::string& name)
{
    static const auto pending = [] {
        std::vector<std::regex> out;
        for (const auto& line : split(content_of(tests_folder / "wire/pending.txt"), "\n"))
            if (!line.empty() && line[0] != '#') out.emplace_back(line);
        return out;
    }();
    const auto [first, last] = recordings().equal_range(name);
    return std::any_of(first, last, [](const auto& entry) {
        const auto full = entry.second.area + "/" + entry.second.what;
        return std::ranges::none_of(pending, [&](const auto& line) { return std::regex_search(full, line); });
    });
}

bool is_named_in_a_test(const std::string& name)
{
    static const auto text = [] {
        std::string out;
        for (const auto* folder : {"api", "transfer", "cli", "interop"})
            for (const auto& path : files_below(tests_folder / folder, ".cpp"))
                if (path.stem() != "completeness") out += content_of(path);
        for (const auto& path : files_below(root / "examples", ".cpp")) // each is run by ctest
            out += content_of(path);
        return out;
    }();
    return std::regex_search(text, std::regex("[.>]" + name + "\\("));
}

/// The API of Inference Endpoints was recorded at /v2 of the Hub; the embedded Hub has another place for it.
std::string in_this_hub(const std::string& path, const emulator::Emulator& hub)
{
    if (!path.starts_with("/v2/endpoint")) return path;
    return hub.inference_endpoints_url().substr(hub.endpoint().size()) + path.substr(3);
}

/// "GET /api/x" without a token: why the embedded Hub has no answer to it; nothing when it has.
std::string refusal(const std::string& request, const emulator::Emulator& hub)
{
    const auto space = request.find(' ');
    auto method = request.substr(0, space);
    if (method == "HEAD") method = "GET"; // the same route, and its answer can be read
    const auto reply = test::PlainClient(hub.endpoint()).request(method, request.substr(space + 1));
    const bool served = reply.status != 0 && reply.status < 500 &&
                        reply.body.find("can't find the page") == std::string::npos &&
                        reply.body.find("Unrecognized key") == std::string::npos;
    return served ? "" : request + " -> " + std::to_string(reply.status) + " " + reply.body.substr(0, 120);
}

/// Asks the embedded Hub, without a token, what was recorded of a method: has each request a route there, and
/// does that route know the query?
std::string not_served(const std::string& name, const emulator::Emulator& hub)
{
    Lines asked;
    const auto [first, last] = recordings().equal_range(name);
    for (auto entry = first; entry != last; ++entry) {
        if (entry->second.content.contains("then")) continue; // further requests of the object
        for (const auto& request : entry->second.content.at("requests").as_array()) {
            if (request.at("origin").as_string() != "endpoint") continue;
            auto target = in_this_hub(std::string(request.at("path").as_string()), hub);
            char separator = '?';
            for (const auto& pair : request.at("query").as_array()) {
                target += std::exchange(separator, '&');
                target += detail::percent_encode(std::string(pair.at(0).as_string())) + "=1";
            }
            asked.insert(std::string(request.at("method").as_string()) + " " + target);
        }
    }
    for (const auto& request : asked)
        if (auto why = refusal(request, hub); !why.empty()) return why;
    return asked.empty() ? "nothing was recorded of it" : "";
}

// ---- parameters -------------------------------------------------------------------------------------------

/// A default of Python's as JSON; nothing for one that is no literal.
std::optional<json::value> literal(const std::string& text)
{
    if (text == "None") return json::value(nullptr);
    if (text == "True" || text == "False") return json::value(text == "True");
    if (text.starts_with('\'')) return json::value(text.substr(1, text.size() - 2));
    if (!text.empty() && text.find_first_not_of("-0123456789") == std::string::npos)
        return json::value(std::stoll(text));
    return std::nullopt;
}

void compare(const ReferenceMethod& method, const cli::MethodDescription& ours, Lines& differences)
{
    const auto differs = [&](const char* how, const std::string& name) {
        differences.insert(method.name + " " + how + name);
    };
    std::map<std::string, const cli::FieldDescription*> by_name;
    for (const auto& field : ours.parameters) {
        by_name[field.name] = &field;
        if (!field.also.empty()) by_name[field.also] = &field;
    }
    std::set<const cli::FieldDescription*> met;
    for (const auto& parameter : method.parameters) {
        const auto found = by_name.find(parameter.name);
        if (found == by_name.end()) {
            differs("-", parameter.name);
            continue;
        }
        const auto& field = *found->second;
        met.insert(&field);
        if (field.required == parameter.default_.has_value()) differs("!", parameter.name);
        if (!parameter.default_ || field.required) continue;
        const auto theirs = literal(*parameter.default_);
        auto value = field.default_.value();
        if (value.is_array() && value.get_array().empty()) value = nullptr; // an empty Strings is not given
        if (theirs && json::serialize(*theirs) != json::serialize(value)) differs("=", parameter.name);
    }
    for (const auto& field : ours.parameters)
        if (!met.contains(&field)) differs("+", field.name);
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_completeness)

BOOST_AUTO_TEST_CASE(the_reference_has_108_methods)
{
    std::set<std::string> names;
    for (const auto& method : reference())
        names.insert(method.name);
    BOOST_TEST(names.size() == 108u);
    BOOST_TEST(reference().size() == 108u);
}

BOOST_AUTO_TEST_CASE(every_method_is_declared_once_documented_and_tested)
{
    Lines open;
    for (const auto& method : reference()) {
        BOOST_TEST(!method.name.empty());
        if (!is_declared(method)) open.insert(method.name + " declared");
        if (!is_documented(method)) open.insert(method.name + " documented");
        if (!has_a_played_recording(method.name) && !is_named_in_a_test(method.name))
            open.insert(method.name + " tested");
    }
    emulator::Emulator hub;
    hub.seed_repo("acme/tiny", {{"config.json", "{}"}});
    for (const auto& method : reference()) {
        if (local_methods.contains(method.name)) continue;
        const auto why = not_served(method.name, hub);
        if (why.empty()) continue;
        open.insert(method.name + " routed");
        BOOST_TEST_MESSAGE(method.name << ": " << why);
    }
    check_list(open, tests_folder / "data/open_methods.txt");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_noticed)
{
    const emulator::Emulator hub;
    BOOST_TEST(refusal("GET /api/models", hub) == "");
    BOOST_TEST(refusal("GET /api/nowhere", hub) != "");
    BOOST_TEST(refusal("GET /api/models?nonsense=1", hub) != "");
    BOOST_TEST(not_served("no_such_method", hub) != "");
    const ReferenceMethod none{.area = "models", .name = "no_such_method", .parameters = {}};
    BOOST_TEST(!is_declared(none));
    BOOST_TEST(!is_documented(none));
    BOOST_TEST(!has_a_played_recording(none.name));
    BOOST_TEST(!is_named_in_a_test(none.name));
    Lines differences;
    const auto listing = cli::method_named("list_spaces").describe();
    compare({.area = {},
             .name = "list_spaces",
             .parameters = {{"sort", "None"}, {"linked", "True"}, {"author", {}}, {"colour", "None"}}},
            listing, differences);
    for (const auto* expected :
         {"list_spaces =linked", "list_spaces !author", "list_spaces -colour", "list_spaces +filter"})
        BOOST_TEST(differences.contains(expected), expected);
    BOOST_TEST(!differences.contains("list_spaces =sort"));
}

BOOST_AUTO_TEST_CASE(no_method_is_hfasyncs_own_and_each_is_in_its_area)
{
    std::map<std::string, std::string> area;
    for (const auto& method : reference())
        area[method.name] = method.area;
    for (const auto& [name, method] : cli::methods()) {
        BOOST_TEST_CONTEXT(name)
        {
            BOOST_TEST(area.contains(std::string(name)));
            BOOST_TEST(method.describe().area == area[std::string(name)]);
            BOOST_TEST(method.describe().name == name);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_parameters_are_the_references)
{
    Lines differences;
    for (const auto& method : reference())
        if (const auto found = cli::methods().find(method.name); found != cli::methods().end())
            compare(method, found->second.describe(), differences);
    check_list(differences, tests_folder / "data/parameter_differences.txt");
}

BOOST_AUTO_TEST_CASE(a_description_says_types_defaults_and_what_a_result_is_made_of)
{
    const auto described = cli::method_named("model_info").describe();
    BOOST_TEST(described.area == "models");
    BOOST_TEST(described.result.type == "ModelInfo");
    BOOST_TEST(!described.result.listing);
    BOOST_REQUIRE(described.parameters.size() == 7u);
    BOOST_TEST(described.parameters[0].name == "repo_id");
    BOOST_TEST(described.parameters[0].required);
    BOOST_TEST(described.parameters[3].also == "securityStatus");
    BOOST_TEST(described.parameters[4].default_.text() == "false");
    BOOST_TEST(described.parameters[6].json == "string or boolean");
    BOOST_REQUIRE(described.types.size() >= 4u);
    BOOST_TEST(described.types[0].name == "ModelInfo");
    const auto listing = cli::method_named("list_models").describe();
    BOOST_TEST(listing.result.listing);
    BOOST_TEST(!listing.progress);
    BOOST_TEST(cli::method_named("hf_hub_download").describe().progress);
}

BOOST_AUTO_TEST_SUITE_END()
